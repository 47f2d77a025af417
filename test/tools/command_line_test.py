"""The command line: help, exit codes, and errors that say what would be right."""
import os
import pty
import shutil
import subprocess
import unittest

from program import FOLDER, ProgramTest, auxtrain, command, environment, trained, write_json


class Help(ProgramTest):
    def test_every_command_explains_itself(self):
        commands = ("train", "evaluate", "baseline", "corrupt", "predict", "import", "export",
                    "recipes", "models", "info")
        whole = self.results_of("--help")
        self.assertIn("Usage: auxtrain ", whole)
        for name in commands:
            self.assertRegex(whole, rf"(?m)^  {name} ")
            self.assertIn(f"Usage: auxtrain {name}", self.results_of(name, "--help"))

    def test_version(self):
        self.assertRegex(self.results_of("--version"), r"\A\d+\.\d+\.\d+\n\Z")


class Refused(ProgramTest):
    def refused(self, arguments, *parts, code=2):
        with self.subTest(arguments=arguments):
            self.assert_refused(auxtrain(*arguments), code, *parts)

    def test_what_is_no_command_or_option(self):
        self.refused([], "auxtrain --help")
        self.refused(["trane"], "trane: there is no such command; did you mean train?")
        self.refused(["zzzzzzz"], "expected one of train, evaluate, baseline, corrupt")
        self.refused(["train", "quickstart", "--epoch=3"], "no option --epoch", "mean --epochs?")
        self.refused(["train", "quickstart", "x"], "train takes no further argument, got x")
        # CLI11 2.1 says "1 to 100000", 2.4 "[1 - 100000]".
        self.refused(["train", "quickstart", "--epochs", "0"], "--epochs", "100000")
        self.refused(["train", "quickstart", "--threads", "many"], "--threads", "many")
        self.refused(["train", "quickstart", "--device", "tpu"], "--device", "auto, cpu, cuda or cuda:N", "tpu")
        self.refused(["train", "quickstart", "--precision", "fp16"], "precision: there is no")
        self.refused(["train"], "name a recipe", "auxtrain recipes")
        self.refused(["evaluate"], "required", "auxtrain evaluate --help")
        self.refused(["export", "none"], "--output is required")

    def test_recipes(self):
        self.refused(["train", "quickstrat"], "quickstrat: no such", "did you mean quickstart?")
        self.refused(["recipes", "quickstrat"], "did you mean quickstart?")
        for change, *parts in (
            ("method.gama=1", "method.gama: unknown key; did you mean method.gamma?"),
            ("optimiser.lr=1", "did you mean optimizer?"),
            ("optimizer.lr=fast", "optimizer.lr: expected a number from 0 to", '"fast"'),
            ("method.name=auxilary", "method.name", "did you mean auxiliary?"),
            ("model.classes=7", "model.classes: expected 10 for synthetic, got 7"),
            ("method.name=adversarial", "expected standard, auxiliary or data_augmentation"),
            ("data.batch=5001", "data.batch: expected at most the 5000 images", "5001"),
            ("nonsense", "expected key=value"),
        ):
            self.refused(["train", "quickstart", "--output", "none", "--set", change], *parts)
        self.assertFalse((FOLDER / "none").exists())
        recipe = write_json("wrong.json", {"schedule": {"epochs": "ten"}})
        self.refused(["train", recipe], "wrong.json: schedule.epochs: expected", '"ten"')

    def test_a_data_set_that_is_not_there(self):
        arguments = ["train", "cifar10-resnet20-standard", "--output", "none"]
        self.refused([*arguments, "--data", "nowhere"], "cifar10", "nowhere/cifar-10-batches-bin",
                     "https://", "--data", "synthetic", code=1)
        self.assert_refused(auxtrain(*arguments, AUXTRAIN_DATA="elsewhere"), 1,
                            "elsewhere/cifar-10-batches-bin")
        self.refused(arguments, "data-sets/cifar-10-batches-bin", code=1)
        self.assertFalse((FOLDER / "none").exists())

    def test_models_that_are_none(self):
        for name in ("evaluate", "predict", "export"):
            more = {"evaluate": [], "predict": ["x.png"], "export": ["--output", "x.safetensors"]}
            self.refused([name, "nothing", *more[name]], "nothing: no such run folder")
            self.refused([name, ".", *more[name]], "has anything been trained there?")


class Streams(ProgramTest):
    def on_a_terminal(self, arguments, code=0, **variables):
        """What a command writes to stderr where that is a terminal."""
        ours, theirs = pty.openpty()
        with subprocess.Popen(command(*arguments), cwd=FOLDER, stdout=subprocess.DEVNULL,
                              stderr=theirs, env=environment(TERM="xterm", **variables)) as process:
            os.close(theirs)
            shown = b""
            try:
                while part := os.read(ours, 4096):
                    shown += part
            except OSError:  # the other end is closed
                pass
            os.close(ours)
        self.assertEqual(process.returncode, code)
        return shown

    def test_progress_is_for_terminals(self):
        if not os.path.exists("/dev/ptmx") or not os.path.isdir("/dev/pts"):
            self.skipTest("this machine has no pseudo-terminals")
        self.assertIn(b"images/s", self.on_a_terminal(["evaluate", trained()]))
        self.assertEqual(self.on_a_terminal(["evaluate", trained()], NO_COLOR="1"), b"")
        self.assertEqual(self.results_of("evaluate", trained()).count("\r"), 0)

    def test_a_damaged_log_is_refused_before_anything_is_evaluated(self):
        if not os.path.exists("/dev/ptmx") or not os.path.isdir("/dev/pts"):
            self.skipTest("this machine has no pseudo-terminals")
        shutil.copytree(FOLDER / trained(), FOLDER / "damaged_log")
        with open(FOLDER / "damaged_log/log.jsonl", "a", encoding="utf-8") as log:
            log.write("no object\n")
        shown = self.on_a_terminal(["evaluate", "damaged_log"], code=1)
        self.assertIn(b"log.jsonl:3: expected a JSON object", shown)
        self.assertNotIn(b"images/s", shown)

    def test_results_that_cannot_be_written_are_an_error(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("this machine has no /dev/full")
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = subprocess.run(command("info"), stdout=full, stderr=subprocess.PIPE,
                                    text=True, check=False, env=environment())
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr, "auxtrain: standard output: cannot be written\n")


if __name__ == "__main__":
    unittest.main()
