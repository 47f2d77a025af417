"""Corrupted data sets: the published files, byte for byte where they can be; resuming; folders."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import time
import unittest

from program import FOLDER, ProgramTest, auxtrain, command, environment, write_bytes

# The published arrays of the other corruptions are random or of old libraries.
MD5 = {
    "cifar10": {
        "labels": "c439b113295ed5254878798ffe28fd54",
        "contrast": "3c8262171c51307f916c30a3308235a8",
        "brightness": "0a81ef75e0b523c3383219c330a85d48",
        "saturate": "1cfae0964219c5102abbb883e538cc56",
        "defocus_blur": "7d1322666342a0702b1957e92f6254bc",
        "gaussian_blur": "c33370155bc9b055fb4a89113d3c559d",
        "pixelate": "0f14f7e2db14288304e1de10df16832f",
        "zoom_blur": "6ea8e63f1c5cdee1517533840641641b",
    },
    "cifar100": {
        "labels": "bb4026e9ce52996b95f439544568cdb2",
        "contrast": "322bb385f1d05154ee197ca16535f71e",
        "brightness": "f22d7195aecd6abb541e27fca230c171",
        "saturate": "c0697e9fdd646916a61e9c312c77bf6b",
        "defocus_blur": "d923e3d9c585a27f0956e2f2ad832564",
        "gaussian_blur": "5204ba0d557839772ef5a4196a052c3e",
        "pixelate": "96c00c60f144539e14cffb02ddbd0640",
        "zoom_blur": "0204613400c034a81c4830d5df81cb82",
    },
}


def bytes_of(folder, name):
    return (FOLDER / folder / name).read_bytes()


def names_in(folder):
    return sorted(path.name for path in (FOLDER / folder).iterdir())


def npy(folder, name):
    """Shape and content; checks the header as NumPy writes it."""
    content = bytes_of(folder, name)
    header = content[10:128].decode()
    shape = re.fullmatch(r"{'descr': '\|u1', 'fortran_order': False, 'shape': \((.*)\), } *\n", header)
    assert content[:10] == b"\x93NUMPY\1\0\x76\0" and shape, header
    return [int(side) for side in shape[1].split(",") if side], content[128:]


def picture(name, height, width):
    """A file with a gradient and stripes."""
    (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
    pixels = bytes(value for y in range(height) for x in range(width)
                   for value in (y * 255 // height, x * 255 // width, 255 * (x // 8 % 2)))
    return write_bytes(name, b"P6 %d %d 255\n" % (width, height) + pixels)


class Published(unittest.TestCase):
    def reproduce(self, dataset, folder):
        data = os.environ.get("AUXTRAIN_DATA", "")
        if not (pathlib.Path(data) / folder).is_dir():
            self.skipTest(f"no {folder} in $AUXTRAIN_DATA")
        output = f"published_{dataset}"
        for name, md5 in MD5[dataset].items():
            only = "contrast" if name == "labels" else name
            result = auxtrain("corrupt", dataset, "--data", data, "--output", output, "--only", only)
            self.assertEqual(result.returncode, 0, result.stderr)
            with self.subTest(name):
                content = bytes_of(output, f"{name}.npy")
                self.assertEqual(hashlib.md5(content).hexdigest(), md5)
            if name != "labels":
                (FOLDER / output / f"{name}.npy").unlink()

    def test_cifar_10_c_is_reproduced_bit_for_bit(self):
        self.reproduce("cifar10", "cifar-10-batches-bin")

    def test_cifar_100_c_is_reproduced_bit_for_bit(self):
        self.reproduce("cifar100", "cifar-100-binary")


class Arrays(ProgramTest):
    def corrupt(self, output, *arguments):
        """What a run on the built-in data set prints."""
        result = auxtrain("corrupt", "synthetic", "--output", output, *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_files_are_those_of_cifar_c(self):
        table = self.corrupt("arrays", "--only", "fog,contrast", "--severities", "4,2")
        self.assertEqual(names_in("arrays"),
                         ["contrast.npy", "corruptions.json", "fog.npy", "labels.npy"])
        for name in ("contrast.npy", "fog.npy"):
            shape, content = npy("arrays", name)
            self.assertEqual((shape, len(content)), ([4000, 32, 32, 3], 4000 * 3072))
        shape, labels = npy("arrays", "labels.npy")
        self.assertEqual((shape, labels), ([4000], bytes(i % 10 for i in range(2000)) * 2))
        self.assertRegex(table, r"(?m)^fog.npy +4,000 +[\d.]+ +[\d,]+\n^contrast.npy ")
        made_by = json.loads(bytes_of("arrays", "corruptions.json"))
        self.assertEqual((made_by["dataset"], made_by["severities"]), ("synthetic", [2, 4]))

        # Neither threads nor the other corruptions change a byte; the seed does.
        self.corrupt("again", "--only", "fog,contrast", "--severities", "2,4", "--threads", "1")
        self.corrupt("other_arrays", "--only", "fog,contrast", "--severities", "2,4", "--seed", "1")
        for name, of_seed in (("fog.npy", True), ("contrast.npy", False)):
            self.assertEqual(bytes_of("again", name), bytes_of("arrays", name))
            self.assertEqual(bytes_of("other_arrays", name) != bytes_of("arrays", name), of_seed)
        # Severities come in order, each the same as by itself.
        self.corrupt("fourth", "--only", "fog", "--severities", "4")
        self.assertEqual(npy("fourth", "fog.npy")[1], npy("arrays", "fog.npy")[1][2000 * 3072:])

    def test_what_is_there_is_not_made_again(self):
        arguments = ["--only", "contrast,pixelate", "--severities", "1"]
        self.corrupt("kept", *arguments)
        before = {name: bytes_of("kept", name) for name in names_in("kept")}
        (FOLDER / "kept" / "pixelate.npy").unlink()
        made = (FOLDER / "kept" / "contrast.npy").stat().st_mtime_ns
        self.assertRegex(self.corrupt("kept", *arguments), r"(?m)^contrast.npy +2,000 +there$")
        self.assertEqual((FOLDER / "kept" / "contrast.npy").stat().st_mtime_ns, made)
        self.assertEqual({name: bytes_of("kept", name) for name in names_in("kept")}, before)

        def refused(*parts, more=(), code=2):
            result = auxtrain("corrupt", "synthetic", "--output", "kept", *arguments, *more)
            self.assert_refused(result, code, *parts)

        refused("kept: was begun with seed 0, not 7", more=["--seed", "7"])
        refused("was begun with preset", "tiny", more=["--preset", "tiny"])
        write_bytes("kept/contrast.npy", before["contrast.npy"][:-1])
        refused("kept/contrast.npy: expected", code=1)
        write_bytes("kept/contrast.npy", before["labels.npy"])
        refused("expected a shape of (2000, 32, 32, 3), got (2000,)", code=1)
        write_bytes("kept/corruptions.json", b"[]")
        refused("kept/corruptions.json: is broken", code=1)

    def test_frost_is_drawn_or_of_pictures(self):
        result = auxtrain("corrupt", "synthetic", "--output", "ice", "--severities", "1",
                          "--only", "frost")
        self.assertIn("note: frost uses ice drawn by the program", result.stderr)
        self.assertEqual(json.loads(bytes_of("ice", "corruptions.json"))["frost"], "procedural")
        for i in range(1, 6):
            name = picture(f"textures/frost{i}.{'png' if i <= 3 else 'jpg'}", 200, 300)
        refused = auxtrain("corrupt", "synthetic", "--output", "ice", "--severities", "1", "--only",
                           "frost", "--frost", "textures")
        self.assert_refused(refused, 2, 'ice: was begun with frost "procedural", not "textures"')
        self.corrupt("pictures", "--severities", "1", "--only", "pixelate")
        self.corrupt("pictures", "--severities", "1", "--only", "frost", "--frost", "textures")
        self.assertNotEqual(bytes_of("pictures", "frost.npy"), bytes_of("ice", "frost.npy"))
        # What else is made beside it need not name the pictures.
        self.corrupt("pictures", "--severities", "1", "--only", "contrast")
        (FOLDER / name).unlink()
        self.assert_refused(auxtrain("corrupt", "synthetic", "--output", "no", "--frost", "textures"),
                            1, "textures/frost5.jpg: cannot read")

    def test_a_signal_leaves_whole_files_and_the_same_command_goes_on(self):
        arguments = ["synthetic", "--output", "stopped_arrays", "--threads", "1"]
        with subprocess.Popen(command("corrupt", *arguments), cwd=FOLDER, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=environment()) as process:
            first = FOLDER / "stopped_arrays" / "gaussian_noise.npy"
            while not first.exists() and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate()
        self.assertEqual((process.returncode, out), (130, ""), err)
        self.assertRegex(err, r"stopped at \w+; the same command goes on\n\Z")
        self.assertEqual([name for name in names_in("stopped_arrays") if "partial" in name], [])
        made = first.stat().st_mtime_ns
        self.corrupt("stopped_arrays", "--only", "gaussian_noise,shot_noise")
        self.assertEqual(first.stat().st_mtime_ns, made)
        self.corrupt("whole_array", "--only", "gaussian_noise")
        self.assertEqual(bytes_of("whole_array", "gaussian_noise.npy"), first.read_bytes())


class Folders(ProgramTest):
    def test_folders_are_those_of_imagenet_c(self):
        picture("imagenet/val/n02/b.ppm", 90, 120)
        picture("imagenet/val/n01/a.JPEG", 64, 64)
        arguments = ["corrupt", "imagenet", "--data", ".", "--output", "folders", "--only",
                     "contrast,elastic_transform", "--severities", "1,5", "--side", "48"]
        self.assertIn("folders: 8 images of 48 x 48", self.results_of(*arguments))
        files = sorted((FOLDER / "folders").rglob("*.JPEG"))
        self.assertEqual([str(path.relative_to(FOLDER / "folders")) for path in files],
                         [f"{kind}/{severity}/{name}.JPEG"
                          for kind in ("contrast", "elastic_transform") for severity in (1, 5)
                          for name in ("n01/a", "n02/b")])
        for path in files:
            self.assertEqual(self.size(path.read_bytes()), (48, 48))
        before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}
        files[3].unlink()
        self.results_of(*arguments, "--threads", "1")
        after = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}
        self.assertEqual(after.pop(files[3])[1], before.pop(files[3])[1])
        self.assertEqual(after, before)
        default = ["corrupt", "imagenet", "--data", ".", "--output", "inception", "--only",
                   "contrast", "--severities", "1", "--preset", "inception"]
        self.results_of(*default)
        self.assertEqual(self.size(bytes_of("inception", "contrast/1/n01/a.JPEG")), (299, 299))

    def size(self, jpeg):
        """Height and width of a baseline JPEG."""
        place = 2
        while jpeg[place + 1] != 0xC0:
            place += 2 + struct.unpack(">H", jpeg[place + 2:place + 4])[0]
        return struct.unpack(">HH", jpeg[place + 5:place + 9])

    def test_folders_that_will_not_do(self):
        def refused(data, *parts):
            result = auxtrain("corrupt", "imagenet", "--data", data, "--output", "none")
            self.assert_refused(result, 1, *parts)

        refused("nowhere", "there is no folder nowhere/imagenet/val", "image-net.org")
        (FOLDER / "empty/imagenet/val/n01").mkdir(parents=True)
        refused("empty", "empty/imagenet/val: expected pictures")
        self.assertFalse((FOLDER / "none").exists())
        picture("twice/imagenet/val/n01/a.ppm", 64, 64)
        picture("twice/imagenet/val/n01/a.png", 64, 64)
        result = auxtrain("corrupt", "imagenet", "--data", "twice", "--output", "twice_c", "--only",
                          "contrast")
        self.assertIn("two pictures would become n01/a.JPEG", result.stderr)
        write_bytes("twice/imagenet/val/n01/a.png", b"no picture")
        (FOLDER / "twice/imagenet/val/n01/a.ppm").unlink()
        result = auxtrain("corrupt", "imagenet", "--data", "twice", "--output", "twice_c", "--only",
                          "contrast")
        self.assertIn("twice/imagenet/val/n01/a.png: not a picture", result.stderr)
        self.assertEqual(result.returncode, 1)


class Preview(ProgramTest):
    def test_the_sheet_shows_all_that_is_asked_for(self):
        name = picture("preview.ppm", 70, 90)
        for arguments, columns, rows, cell in (([], 5, 20, 224 + 4),
                                               (["--preset", "cifar", "--only", "fog,snow",
                                                 "--severities", "2"], 1, 3, 96 + 4)):
            output = self.results_of("corrupt", "--preview", name, "--output", "sheet.png", *arguments)
            self.assertEqual(output, "sheet.png\n")
            content = (FOLDER / "sheet.png").read_bytes()
            self.assertTrue(content.startswith(b"\x89PNG"))
            width, height = struct.unpack(">II", content[16:24])
            self.assertEqual(height, rows * cell + 4)
            self.assertEqual((width - 4) % cell, (17 * 12 + 8) % cell)
            self.assertGreater(width, columns * cell)

    def test_what_it_cannot_do(self):
        name = picture("preview.ppm", 70, 90)
        for arguments, part in (
            (["--preview", name, "--output", "sheet.jpg"], "a name ending in .png, got sheet.jpg"),
            (["cifar10", "--preview", name, "--output", "sheet.png"], "leave out cifar10"),
            (["--preview", name], "--output is required"),
            (["--preview", name, "--output", "nowhere/sheet.png"], "--output: nowhere/sheet.png"),
        ):
            self.assert_refused(auxtrain("corrupt", *arguments), 2, part)
        self.assert_refused(auxtrain("corrupt", "--preview", name, "--output", "sheet.png", "--side",
                                     "4096"), 2, "--side: pictures of 4096 pixels make a sheet")
        self.assert_refused(auxtrain("corrupt", "--preview", "no.png", "--output", "sheet.png"), 1,
                            "no.png: cannot read")
        thin = picture("thin.ppm", 1, 2000)
        self.assert_refused(auxtrain("corrupt", "--preview", thin, "--output", "sheet.png"), 1,
                            "thin.ppm: a picture of 1 x 2000 would be resized to 256 x 512000")


class Refused(ProgramTest):
    def test_what_cannot_be(self):
        for arguments, *parts in (
            (["corrupt", "synthetic"], "--output is required"),
            (["corrupt", "--output", "x"], "name a data set"),
            (["corrupt", "cifar", "--output", "x"], "no data set cifar; did you mean cifar10?"),
            (["corrupt", "synthetic", "--output", "x", "--only", "fogg"],
             "--only: there is no corruption fogg; did you mean fog?"),
            (["corrupt", "synthetic", "--output", "x", "--severities", "1,6"],
             "--severities: expected numbers from 1 to 5, got 6"),
            (["corrupt", "synthetic", "--output", "x", "--severities", "high"], "--severities", "high"),
            (["corrupt", "synthetic", "--output", "x", "--preset", "cifar10"],
             "--preset: there is no cifar10; did you mean cifar?"),
            (["corrupt", "synthetic", "--output", "x", "--side", "64"], "32 x 32 and stay that"),
            (["corrupt", "imagenet", "--output", "x", "--side", "31"], "--side: expected 32 to 8192"),
            (["corrupt", "synthetic", "--output", "x", "--seed", "-1"], "--seed", "-1"),
        ):
            with self.subTest(arguments=arguments):
                self.assert_refused(auxtrain(*arguments), 2, *parts)
        self.assertFalse((FOLDER / "x").exists())
        (FOLDER / "full").mkdir()
        write_bytes("full/notes.txt", b"mine")
        self.assert_refused(auxtrain("corrupt", "synthetic", "--output", "full"), 2,
                            "full: is not empty, and not from auxtrain corrupt")
        write_bytes("file", b"")
        self.assert_refused(auxtrain("corrupt", "synthetic", "--output", "file"), 2,
                            "file: expected a folder, got a file")
        self.assert_refused(auxtrain("corrupt", "synthetic", "--output", "file/x"), 1,
                            "file/x: cannot be made")
        self.assert_refused(auxtrain("corrupt", "cifar10", "--data", "nowhere", "--output", "x"), 1,
                            "nowhere/cifar-10-batches-bin")
        shutil.rmtree(FOLDER / "full")


if __name__ == "__main__":
    unittest.main()
