"""Errors on the 19 corruptions: made here or from files, of several models, over a baseline."""
import functools
import json
import re
import shutil
import struct
import unittest

from program import FOLDER, ProgramTest, auxtrain, trained, training, write_bytes

SOME = ["--only", "contrast,fog,shot_noise", "--severities", "1,4"]


def evaluated(*arguments):
    """The JSON of an evaluation of `trained()`."""
    result = auxtrain("evaluate", trained(), *arguments, "--json", "-")
    if result.returncode != 0:
        raise RuntimeError(result.stderr)
    return json.loads(result.stdout)


@functools.cache
def some():
    return evaluated("--corruptions", "generate", *SOME)


@functools.cache
def pictured():
    """A run of ImageNet, of whose thirty pictures all corruptions are made in a moment: `trained()`
    under another data set's name, and ten classes in folders beside it."""
    shutil.copytree(FOLDER / trained(), FOLDER / "pictured")
    file = "pictured/primary.safetensors"
    content = (FOLDER / file).read_bytes()
    size = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:8 + size])
    header["__metadata__"]["dataset"] = "imagenet"
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    write_bytes(file, struct.pack("<Q", len(text)) + text + content[8 + size:])
    for label in range(10):
        for number in range(3):
            name = FOLDER / f"pictures/imagenet/val/n{label}/{number}.ppm"
            name.parent.mkdir(parents=True, exist_ok=True)
            pixels = bytes((x * label + y * number + 50 * c) % 256
                           for y in range(40) for x in range(50) for c in range(3))
            name.write_bytes(b"P6 50 40 255\n" + pixels)
    return "pictured"


def of_pictures(corruptions, *more):
    return auxtrain("evaluate", pictured(), "--data", "pictures", "--corruptions", corruptions,
                    *more, "--json", "-")


@functools.cache
def baseline():
    """A file of the errors of `pictured()` on all 19 corruptions."""
    result = auxtrain("baseline", pictured(), "--data", "pictures", "--output", "baseline.json")
    if result.returncode != 0:
        raise RuntimeError(result.stderr)
    return "baseline.json", result.stdout


def arrays(name, *arguments):
    """A folder that `auxtrain corrupt` has made."""
    if not (FOLDER / name).exists():
        result = auxtrain("corrupt", "synthetic", "--output", name, *arguments)
        if result.returncode != 0:
            raise RuntimeError(result.stderr)
    return name


class Corruptions(ProgramTest):
    def test_json_has_whole_numbers_shares_and_intervals(self):
        result = some()
        self.assertEqual(result["published_arrays"], [])
        self.assertEqual(result["severities"], [1, 4])
        self.assertEqual(list(result["corruptions"]), ["shot_noise", "fog", "contrast"])
        means = []
        for kind in result["corruptions"].values():
            for wrong, error, (low, high) in zip(kind["wrong"], kind["errors"], kind["intervals"]):
                self.assertIsInstance(wrong, int)
                self.assertEqual(error, wrong / 2000)
                self.assertTrue(0 <= low < error < high <= 1, (low, error, high))
            self.assertAlmostEqual(kind["mean_error"], sum(kind["errors"]) / 2)
            self.assertNotIn("ce", kind)
            means.append(kind["mean_error"])
        self.assertAlmostEqual(result["mean_error"], sum(means) / 3)
        self.assertEqual([key for key in result if re.search("19|15|unseen|ratio|baseline", key)], [])
        self.assertEqual(result["corrupted_images"], "made here, seed 0")
        self.assertEqual(result["clean"], {**evaluated()["clean"]})

    def test_the_training_stands_beside_the_errors(self):
        training()
        epoch = json.loads((FOLDER / trained() / "log.jsonl").read_text().splitlines()[-1])
        self.assertEqual(some()["training"],
                         {"method": "auxiliary", "epochs": 1, "steps": 78,
                          "view_images": 78 * 64 * 2, "seconds": epoch["seconds"]})
        text = self.results_of("evaluate", trained())
        self.assertRegex(text, r"(?m)^trained: resnet20, auxiliary, 1 epochs, 9,984 view-images, ")
        file = f"{trained()}/primary.safetensors"
        self.assertIn(f"{file}: resnet20, training not known", self.results_of("evaluate", file))

    def test_files_give_the_same_numbers(self):
        folder = arrays("some_arrays", *SOME)
        of_files = evaluated("--corruptions", folder, "--only", "contrast,fog,shot_noise",
                             "--threads", "1")
        self.assertEqual(of_files["corrupted_images"], folder)
        for key in ("clean", "corruptions", "mean_error", "severities"):
            self.assertEqual(of_files[key], some()[key], key)

    def test_a_part_of_a_folder(self):
        folder = arrays("some_arrays", *SOME)
        part = evaluated("--corruptions", folder, "--only", "fog", "--severities", "4")
        fog = some()["corruptions"]["fog"]
        self.assertEqual(part["corruptions"]["fog"]["wrong"], fog["wrong"][1:])

    def test_models_side_by_side(self):
        shutil.copytree(FOLDER / trained(), FOLDER / "beside")
        result = auxtrain("evaluate", "--corruptions", "generate", *SOME, trained(), "beside",
                          "--json", "both.json")
        self.assertEqual(result.returncode, 0, result.stderr)
        both = json.loads((FOLDER / "both.json").read_text())
        for one in both:
            self.assertEqual(one["corruptions"], some()["corruptions"])
        def cell(share):
            return f"{100 * share:.2f}%"
        fog = some()["corruptions"]["fog"]
        row = " +".join(cell(error) for error in [*fog["errors"], fog["mean_error"]])
        low, high = fog["interval"]
        self.assertRegex(result.stdout, rf"(?m)^fog +{row} +{cell(low)} to {cell(high)}$")
        mean = cell(some()["mean_error"])
        self.assertRegex(result.stdout, rf"(?m)^mean of these 3 +{mean} +{mean}$")
        self.assertRegex(result.stdout, r"(?m)^mean of 3 over the first's +100.00% +100.00%$")
        self.assertRegex(result.stdout, r"(?m)^14,000 images in .* images/s$")

    def test_auxiliary_classifiers(self):
        result = evaluated("--corruptions", "generate", *SOME, "--per-head")
        self.assertEqual(result["corruptions"], some()["corruptions"])
        self.assertEqual([head["view"] for head in result["heads"]], ["rotation"])
        head = result["heads"][0]
        self.assertEqual(list(head["corruptions"]), list(result["corruptions"]))
        self.assertTrue(0 < head["clean"]["top1_error"] < 1)
        text = self.results_of("evaluate", trained(), "--per-head", "--corruptions", "training")
        self.assertRegex(text, r"(?m)^error +trained +trained rotation$")
        self.assertIn("their own running statistics, behind the primary one's", text)
        self.assert_refused(
            auxtrain("evaluate", f"{trained()}/primary.safetensors", "--per-head"), 2,
            "primary.safetensors: --per-head needs a run folder")


class Baseline(ProgramTest):
    def test_a_model_over_itself_is_one(self):
        file, printed = baseline()
        stored = json.loads((FOLDER / file).read_text())
        self.assertEqual((stored["name"], stored["images"], len(stored["wrong"])),
                         ("pictured", 30, 19))
        self.assertEqual(stored["corruptions"], "made here, seed 0, frost procedural")
        self.assertRegex(printed, r"\Abaseline.json: pictured, resnet20, auxiliary, 1 epochs, .*; "
                                  r"clean [\d.]+%, mean of all 19 [\d.]+%; sha256 [0-9a-f]{64}\n\Z")
        result = json.loads(of_pictures("generate", "--only", "contrast,fog", "--baseline",
                                        file).stdout)
        for name, kind in result["corruptions"].items():
            self.assertEqual(kind["wrong"], stored["wrong"][name])
            self.assertAlmostEqual(kind["ce"], 1)
            self.assertAlmostEqual(kind["relative_ce"], 1)
        self.assertEqual(result["baseline"]["sha256"], printed.split()[-1])
        self.assertEqual(result["baseline"]["clean_error"], stored["clean"] / 30)
        self.assertEqual([key for key in result if "ce_" in key], [])  # two are not 19
        part = json.loads(of_pictures("generate", *SOME, "--baseline", file).stdout)
        self.assertNotIn("ce", part["corruptions"]["fog"])

    def test_all_19(self):
        file, _ = baseline()
        result = auxtrain("evaluate", pictured(), "--data", "pictures", "--corruptions", "generate",
                          "--baseline", file, "--json", "all.json")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("note: frost uses ice drawn by the program", result.stderr)
        everything = json.loads((FOLDER / "all.json").read_text())
        for group in ("19", "15", "near_training", "unseen"):
            self.assertAlmostEqual(everything["mean_ce_" + group], 1)
            self.assertAlmostEqual(everything["ratio_of_means_" + group], 1)
            self.assertIn("relative_mean_ce_" + group, everything)
        errors = {name: kind["mean_error"] for name, kind in everything["corruptions"].items()}
        near = ["gaussian_noise", "shot_noise", "impulse_noise", "defocus_blur", "brightness",
                "contrast", "speckle_noise", "gaussian_blur", "saturate"]
        for key, names in (
            ("mean_error_19", list(errors)),
            ("mean_error_15", list(errors)[:15]),
            ("mean_error_near_training", near),
            ("mean_error_unseen", [name for name in errors if name not in near]),
        ):
            self.assertAlmostEqual(everything[key], sum(errors[name] for name in names) / len(names))
        self.assertRegex(result.stdout, r"(?m)^error +1 +2 +3 +4 +5 +mean +95% interval +CE +")
        self.assertRegex(result.stdout, r"(?m)^mean of 10 unseen +[\d.]+% .* 100.00% +\S+ +100.00%$")
        self.assertRegex(result.stdout, r"(?m)^CE over pictured \(resnet20, auxiliary, 1 epochs, .*: "
                                        r"clean [\d.]+%, mean of all 19 [\d.]+%; .*sha256 [0-9a-f]{64}$")

    def test_what_does_not_fit(self):
        write_bytes("damaged.json", b"{}")
        for file, code, part in (
            ("damaged.json", 1, "damaged.json: expected a baseline as auxtrain baseline writes it"),
            ("none.json", 1, "none.json: cannot be read"),
            ("published", 2, "--baseline: alexnet is of imagenet, the models of synthetic"),
        ):
            result = auxtrain("evaluate", trained(), "--corruptions", "generate", "--baseline", file,
                              "--only", "fog")
            self.assert_refused(result, code, part)
        self.assert_refused(auxtrain("baseline", trained(), "--output", "x.json", "--corruptions",
                                     "none"), 2, "expected generate or a folder, got none")
        folder = arrays("too_few_arrays", "--only", "fog", "--severities", "2")
        self.assert_refused(auxtrain("baseline", trained(), "--output", "x.json", "--corruptions",
                                     folder), 2, "too_few_arrays has no severity 1")


class Pictures(ProgramTest):
    def test_imagenet_c(self):
        pictured()
        chosen = ["--only", "contrast,shot_noise", "--severities", "5"]
        for name, side in (("copies", "32"), ("larger", "48")):
            made = auxtrain("corrupt", "imagenet", "--data", "pictures", "--output", name, "--side",
                            side, *chosen)
            self.assertEqual(made.returncode, 0, made.stderr)

        of_files, here = (of_pictures(corruptions, *chosen) for corruptions in ("copies", "generate"))
        self.assertEqual((of_files.stderr, here.stderr), ("", ""))
        of_files, here = json.loads(of_files.stdout), json.loads(here.stdout)
        self.assertEqual((of_files["dataset"], of_files["images"]), ("imagenet", 30))
        for key in ("clean", "corruptions"):
            self.assertEqual(of_files[key], here[key])
        self.assertNotIn("ce", here["corruptions"]["contrast"])

        fog = of_pictures("generate", "--only", "fog", "--baseline", "published").stdout
        fog = json.loads(fog)["corruptions"]["fog"]
        self.assertAlmostEqual(fog["ce"], fog["mean_error"] / .819324)

        self.assertEqual(of_pictures("larger", *chosen).stderr,
                         "warning: larger: pictures of 48 x 48 were resized, since the models take "
                         "32 x 32\n")
        shutil.rmtree(FOLDER / "copies/contrast/5/n3")
        self.assert_refused(of_pictures("copies", *chosen), 1, "copies/contrast/5: expected a copy "
                            "of each of the 30 pictures of pictures/imagenet/val; it lacks n3/0")
        self.assert_refused(of_pictures("training"), 2, "for imagenet")


class Refused(ProgramTest):
    def refused(self, code, part, *arguments):
        with self.subTest(arguments=arguments):
            self.assert_refused(auxtrain("evaluate", trained(), *arguments), code, part)

    def test_options_that_do_not_go_together(self):
        self.refused(2, "--corruptions: expected none, training, generate or a folder, got nowhere",
                     "--corruptions", "nowhere")
        self.refused(2, "--only: expected --corruptions generate", "--only", "fog")
        self.refused(2, "--severities: expected --corruptions generate", "--corruptions", "training",
                     "--severities", "1")
        self.refused(2, "--baseline: expected --corruptions generate", "--baseline", "published")
        self.refused(2, "--frost: expected --corruptions generate", "--frost", "ice")
        self.refused(2, "no corruption fogg; did you mean fog?", "--corruptions", "generate",
                     "--only", "fogg")
        self.refused(2, "--severities: expected numbers from 1 to 5, got 6", "--corruptions",
                     "generate", "--severities", "6")
        self.refused(2, "--device: expected auto, cpu, cuda or cuda:N, got tpu", "--device", "tpu")

    def test_damaged_arrays(self):
        folder = arrays("damaged_arrays", "--only", "fog", "--severities", "2")
        whole = (FOLDER / folder / "fog.npy").read_bytes()
        for content, part in (
            (whole[:-1], "damaged_arrays/fog.npy: expected 6144128 bytes"),
            (b"PK" + whole[2:], "damaged_arrays/fog.npy: expected a .npy file"),
            (whole.replace(b"|u1", b"<f4"), "damaged_arrays/fog.npy: expected bytes"),
            (whole.replace(b"(2000, 32, 32, 3)", b"(2000, 32, 3, 32)"), "got (2000, 32, 3, 32)"),
        ):
            write_bytes(f"{folder}/fog.npy", content)
            self.refused(1, part, "--corruptions", folder, "--only", "fog")
        self.refused(1, "damaged_arrays/snow.npy: is not there", "--corruptions", folder, "--only",
                     "snow")
        write_bytes(f"{folder}/fog.npy", whole)
        self.refused(2, "--severities: damaged_arrays has no severity 1", "--corruptions", folder,
                     "--only", "fog", "--severities", "1")
        labels = (FOLDER / folder / "labels.npy").read_bytes()
        write_bytes(f"{folder}/labels.npy", labels[:-1] + b"\0")
        self.refused(1, "labels.npy: expected the labels of the test images of synthetic",
                     "--corruptions", folder, "--only", "fog")


if __name__ == "__main__":
    unittest.main()
