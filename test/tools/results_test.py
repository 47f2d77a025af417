"""What a trained model is used for, and the lists."""
import json
import math
import os
import re
import shutil
import struct
import unittest
import zlib

from program import FOLDER, ProgramTest, auxtrain, trained, write_bytes

HEIGHT, WIDTH = 30, 40
PIXELS = bytes((7 * i * i + 3 * i) % 256 for i in range(HEIGHT * WIDTH * 3))


def ppm():
    return b"P6 %d %d 255\n" % (WIDTH, HEIGHT) + PIXELS


def png():
    def chunk(kind, content):
        return (struct.pack(">I", len(content)) + kind + content
                + struct.pack(">I", zlib.crc32(kind + content)))

    rows = b"".join(b"\0" + PIXELS[3 * WIDTH * y:3 * WIDTH * (y + 1)] for y in range(HEIGHT))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Evaluate(ProgramTest):
    def test_json_holds_shares_of_1(self):
        result = json.loads(self.results_of("evaluate", trained(), "--json", "-"))
        self.assertEqual([result[key] for key in ("model", "dataset", "images")],
                         ["resnet20", "synthetic", 2000])
        clean = result["clean"]
        self.assertTrue(0 <= clean["top5_error"] <= clean["top1_error"] <= 1, clean)
        epoch = json.loads((FOLDER / trained() / "log.jsonl").read_text().splitlines()[-1])
        self.assertAlmostEqual(clean["top1_error"], 1 - epoch["test_accuracy"]["clean"])

    def test_corruptions_of_several_models(self):
        shutil.copytree(FOLDER / trained(), FOLDER / "other")
        table = self.results_of("evaluate", trained(), "other", "--corruptions", "training",
                                "--json", "errors.json")
        both = json.loads((FOLDER / "errors.json").read_text())
        self.assertEqual(len(both), 2)
        names = ["gaussian_blur", "gaussian_noise", "contrast", "rotation"]
        for result in both:
            errors = [result["training_corruptions"][name]["top1_error"] for name in names]
            self.assertEqual(list(result["training_corruptions"]), names)
            self.assertAlmostEqual(result["mean_error_training_corruptions"], sum(errors) / 4)
        self.assertEqual({**both[0], "file": ""}, {**both[1], "file": ""})
        # People read the same, in percent.
        clean = f"{100 * both[0]['clean']['top1_error']:.2f}%"
        self.assertRegex(table, rf"(?m)^clean +{clean} +{clean}$")
        for name in names:
            self.assertRegex(table, rf"(?m)^{name} ")

    def test_does_not_depend_on_threads(self):
        one, three = (self.results_of("evaluate", trained(), "--json", "-", "--threads", threads)
                      for threads in (1, 3))
        self.assertEqual(one, three)

    def test_wrong_options(self):
        self.assert_refused(auxtrain("evaluate", trained(), "--corruptions", "all"), 2,
                            "--corruptions: expected none, training, generate or a folder, got all")
        self.assert_refused(auxtrain("evaluate", trained(), "--precision", "fp8"), 2,
                            "--precision: expected fp32 or bf16, got fp8")


class Predict(ProgramTest):
    def predict(self, *arguments):
        result = self.results_of("predict", trained(), *arguments, "--json", "-")
        return json.loads(result)["images"]

    def test_pictures_of_any_format(self):
        files = [write_bytes("picture.png", png()), write_bytes("picture.ppm", ppm())]
        images = self.predict(*files, "--top", "10")
        self.assertEqual([image["file"] for image in images], files)
        self.assertEqual(images[0]["top"], images[1]["top"])
        top = images[0]["top"]
        self.assertEqual(sorted(entry["class"] for entry in top), list(range(10)))
        probabilities = [entry["probability"] for entry in top]
        self.assertEqual(probabilities, sorted(probabilities, reverse=True))
        self.assertAlmostEqual(sum(probabilities), 1)
        self.assertIn({"class": 0, "name": "striped disc"},
                      [{"class": entry["class"], "name": entry["name"]} for entry in top])
        text = self.results_of("predict", trained(), *files)
        self.assertRegex(text, r"\Apicture.png\n(  +\d+\.\d+%  \w+ \w+\n){5}picture.ppm\n")

    def test_top(self):
        file = write_bytes("picture.png", png())
        self.assertEqual(len(self.predict(file, "--top", "3")[0]["top"]), 3)
        self.assertEqual(len(self.predict(file, "--top", "99")[0]["top"]), 10)

    def test_a_name_that_is_not_utf8(self):
        file = os.fsdecode(b"caf\xe9.png")
        write_bytes(file, png())
        self.assertEqual(self.predict(file)[0]["file"], "caf\ufffd.png")

    def test_scores_that_are_no_numbers(self):
        content = (FOLDER / trained() / "primary.safetensors").read_bytes()
        model = write_bytes("broken.safetensors", content[:-4] + struct.pack("<f", math.nan))
        self.assert_refused(auxtrain("predict", model, write_bytes("picture.png", png()), "--json", "-"),
                            1, "the model's scores are not numbers")

    def test_results_that_cannot_be_written_are_refused_first(self):
        for command in (["predict", trained(), "absent.png"],
                        ["evaluate", "absent"]):
            self.assert_refused(auxtrain(*command, "--json", "nowhere/all.json"), 2,
                                "--json: nowhere/all.json: cannot be written: No such file")
        self.assert_refused(auxtrain("baseline", "absent", "--output", "."), 2,
                            "--output: .: cannot be written: is a folder")
        os.mkfifo(FOLDER / "pipe")
        self.assert_refused(auxtrain("predict", trained(), "absent.png", "--json", "pipe"), 2,
                            "--json: pipe: cannot be written: is no file")

    def test_pictures_that_are_none_are_refused_by_name(self):
        for name, content in (("broken.png", png()[:200]), ("text.jpg", b"a letter"),
                              ("cut.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF"), ("empty.png", b"")):
            with self.subTest(name):
                result = auxtrain("predict", trained(), write_bytes(name, content))
                self.assert_refused(result, 1, f"{name}: ")
        self.assert_refused(auxtrain("predict", trained(), "none.png"), 1, "none.png: cannot read")


class Export(ProgramTest):
    def export(self, model, output):
        self.assertIn("resnet20, 10 classes", self.results_of("export", model, "--output", output))
        return (FOLDER / output).read_bytes()

    def test_the_export_of_an_export_is_the_same_file(self):
        first = self.export(trained(), "first.safetensors")
        self.assertEqual(self.export("first.safetensors", "second.safetensors"), first)
        self.assertEqual((FOLDER / trained() / "primary.safetensors").read_bytes(), first)

    def test_a_checkpoint_gives_the_same_file(self):
        unfinished = FOLDER / "unfinished"
        unfinished.mkdir()
        shutil.copy(FOLDER / trained() / "checkpoint.safetensors", unfinished)
        self.assertEqual(self.export("unfinished", "third.safetensors"),
                         self.export(trained(), "fourth.safetensors"))

    def test_it_is_evaluated_like_its_run(self):
        self.export(trained(), "fifth.safetensors")
        run, file = (json.loads(self.results_of("evaluate", model, "--json", "-"))
                     for model in (trained(), "fifth.safetensors"))
        self.assertEqual(run["clean"], file["clean"])

    def test_other_formats_are_refused(self):
        self.assert_refused(auxtrain("export", trained(), "--output", "model.pt"), 2,
                            "--output", ".safetensors", "model.pt")
        self.assert_refused(auxtrain("export", trained(), "--output", "no/x.safetensors"), 2,
                            "--output: no/x.safetensors: cannot be written")


class Lists(ProgramTest):
    def test_every_recipe_shown_can_be_loaded_again(self):
        names = re.findall(r"(?m)^([a-z0-9_-]+) +[0-9]+  ", self.results_of("recipes"))
        self.assertIn("cifar100-resnet18-auxiliary-released", names)
        for name in names:
            with self.subTest(name):
                shown = self.results_of("recipes", name)
                json.loads(shown)
                file = write_bytes("shown.json", shown.encode())
                self.assertEqual(self.results_of("recipes", file), shown)

    def test_models_have_the_published_numbers_of_parameters(self):
        for classes, resnet18, resnet20 in (
            (10, (11_173_962, 22_323_240), (272_474, 353_320)),
            (100, (11_220_132, 22_507_920), (278_324, 376_720)),
        ):
            table = self.results_of("models", "--classes", classes)
            for name, (plain, heads) in (("resnet18", resnet18), ("resnet20", resnet20)):
                self.assertRegex(table, rf"(?m)^{name} +{plain:,} .* {plain + heads:,} ")

    def test_info(self):
        info = self.results_of("info")
        for word in ("auxtrain", "compiler", "processor", "oneDNN"):
            self.assertRegex(info, rf"(?m)^{word} +\S")


if __name__ == "__main__":
    unittest.main()
