"""Training: what a run folder holds, and that no interruption changes it."""
import json
import re
import shutil
import signal
import struct
import subprocess
import time
import unittest

from program import (FOLDER, TINY, ProgramTest, auxtrain, command, environment, trained, training,
                     write_json)

FILES = ["checkpoint.safetensors", "curves.svg", "environment.json", "log.jsonl",
         "primary.safetensors", "recipe.json"]


def log_of(run):
    """The objects of a log, without timings."""
    lines = [json.loads(line) for line in (FOLDER / run / "log.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items()
             if key not in ("seconds", "images_per_second")} for line in lines]


def checkpoint_of(run):
    """Metadata without timings, the places of all tensors, and their bytes."""
    content = (FOLDER / run / "checkpoint.safetensors").read_bytes()
    size = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:8 + size])
    position = json.loads(header["__metadata__"].pop("position"))
    del position["seconds"]
    return header, position, content[8 + size:]


def primary_of(run):
    return (FOLDER / run / "primary.safetensors").read_bytes()


class Train(ProgramTest):
    def test_a_run_folder_holds_what_it_promises(self):
        run = FOLDER / trained()
        self.assertEqual(sorted(path.name for path in run.iterdir()), FILES)
        environment_json = json.loads((run / "environment.json").read_text())
        self.assertLessEqual({"version", "commit", "device", "threads"}, environment_json.keys())
        self.assertTrue((run / "curves.svg").read_text().startswith(("<svg", "<?xml")))
        self.assertEqual([line["kind"] for line in log_of(trained())], ["step", "epoch"])
        recipe = self.results_of("recipes", run / "recipe.json")
        self.assertEqual(json.loads(recipe)["method"]["corruptions"], TINY["method"]["corruptions"])

    def test_a_run_is_never_overwritten(self):
        before = (FOLDER / trained() / "checkpoint.safetensors").read_bytes()
        self.assert_refused(auxtrain("train", "tiny.json", "--output", trained()), 2,
                            "trained: is not empty", "--resume")
        self.assertEqual((FOLDER / trained() / "checkpoint.safetensors").read_bytes(), before)
        self.assert_refused(auxtrain("train", "tiny.json", "--output", "tiny.json"), 2,
                            "tiny.json: expected a folder for the run, got a file")
        (FOLDER / "mine").mkdir()
        write_json("mine/recipe.json", TINY)
        self.assert_refused(auxtrain("train", "mine/recipe.json", "--output", "mine/"), 2,
                            "mine/recipe.json: the run would replace it")
        self.assertEqual(json.loads((FOLDER / "mine/recipe.json").read_text()), TINY)
        # Before anything that takes time: the data set is not even looked for.
        self.assert_refused(auxtrain("train", "cifar10-resnet18-auxiliary", "--data", "nowhere",
                                     "--output", trained()), 2, "trained: is not empty")

    def test_only_the_result_is_on_stdout(self):
        shutil.copytree(FOLDER / trained(), FOLDER / "copy")
        loud = auxtrain("train", "--resume", "--output", "copy")
        quiet = auxtrain("train", "--resume", "--output", "copy", "--quiet")
        self.assertEqual((loud.returncode, quiet.returncode), (0, 0))
        self.assertEqual(loud.stdout, "copy/primary.safetensors\n")
        self.assertEqual(quiet.stdout, loud.stdout)
        self.assertEqual(loud.stderr, "copy: all 1 epochs are done\n")
        self.assertEqual(quiet.stderr, "")

    def test_the_messages_of_training_hold_no_escape_codes(self):
        self.assertEqual(training().stdout, "trained/primary.safetensors\n")
        self.assertRegex(training().stderr, r"\Aepoch 1/1 [^\x1b\r\n]+images/s\n\Z")


class Interrupted(ProgramTest):
    def start(self, *arguments):
        return subprocess.Popen(command("train", *arguments), cwd=FOLDER, env=environment(),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def wait_for(self, file, process):
        """Until it is there with something in it."""
        while not (file.exists() and file.stat().st_size):
            self.assertIsNone(process.poll(), "ended before it was interrupted")
            time.sleep(0.005)

    def stop(self, process, number, ready):
        """Sends a signal once a file is there; the exit code, and what the process said."""
        self.wait_for(ready, process)
        process.send_signal(number)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    def test_a_run_stopped_by_sigterm_goes_on_as_if_it_was_not(self):
        run = FOLDER / "stopped"
        process = self.start(write_json("tiny.json", TINY), "--output", "stopped", "--threads", "2")
        # Goes on from the checkpoint before the first step: the same algorithms, whatever the
        # machine's other work made of their timings.
        self.wait_for(run / "checkpoint.safetensors", process)
        shutil.copytree(run, FOLDER / "whole")
        code, out, err = self.stop(process, signal.SIGTERM,
                                   run / "log.jsonl")  # written after 50 of 78 steps
        self.assertEqual((code, out), (143, ""), err)
        self.assertRegex(err, r"stopped in epoch 1 after \d+ of 78 steps; saved, .*--resume\n\Z")
        self.assertFalse((run / "primary.safetensors").exists())

        result = auxtrain("train", "tiny.json", "--output", "stopped", "--resume", "--threads", "1")
        self.assertEqual(result.returncode, 0, result.stderr)
        steps = int(re.search(r"after (\d+)", err)[1])
        self.assertIn(f"stopped: goes on in epoch 1 after {steps} steps\n", result.stderr)
        whole = auxtrain("train", "--output", "whole", "--resume", "--threads", "2")
        self.assertIn("whole: goes on in epoch 1 after 0 steps\n", whole.stderr)
        for what in (checkpoint_of, log_of, primary_of):
            self.assertTrue(what("stopped") == what("whole"), what.__name__)

    def test_sigint_saves_and_ends_with_130(self):
        recipe = write_json("early.json", TINY)
        ready = FOLDER / "runs" / "early" / "checkpoint.safetensors"  # by default
        code, out, err = self.stop(self.start(recipe, "--quiet"), signal.SIGINT, ready)
        self.assertEqual((code, out, err), (130, "", ""))
        self.assertGreater(checkpoint_of("runs/early")[1]["step"], 0)
        # What is stopped can be looked at, too.
        self.assertIn("clean", self.results_of("evaluate", "runs/early"))

    def test_a_long_training_says_how_long_it_takes(self):
        process = self.start(write_json("tiny.json", TINY), "--epochs", "100000",
                             "--output", "long")
        line = process.stderr.readline()
        self.assertRegex(line, r"\A100000 epochs of 78 steps, 7,799,940 of them to go at \S+ ms each: "
                               r"\d+:\d\d:\d\d, and evaluations; [^\n]*--resume[^\n]*\n\Z")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)
        self.assertEqual(process.returncode, 143)


class Resume(ProgramTest):
    def refused(self, arguments, *parts):
        with self.subTest(arguments=arguments):
            self.assert_refused(auxtrain("train", "--resume", *arguments), 2, *parts)

    def test_what_does_not_agree_is_refused(self):
        output = ["--output", trained()]
        self.refused(["--output", "nothing"], "nothing: there is no such run folder")
        self.refused([], "name a recipe")
        self.refused(["quickstart-standard", *output], "auxiliary, not quickstart-standard")
        self.refused([*output, "--set", "optimizer.lr=1"], "optimizer.lr is 1.0, not 0.1")
        self.refused([*output, "--epochs", "2"], "schedule.epochs is 2, not 1")
        other = write_json("other.json", TINY | {"optimizer": {"lr": 0.2}})
        self.refused([other, *output], "optimizer.lr is 0.2, not 0.1")
        same = auxtrain("train", "tiny.json", "--resume", *output, "--epochs", "1", "--quiet")
        self.assertEqual((same.returncode, same.stderr), (0, ""))

    def test_a_recipe_edited_since_is_refused(self):
        edited = FOLDER / "edited"
        shutil.copytree(FOLDER / trained(), edited)
        recipe = json.loads((edited / "recipe.json").read_text())
        recipe["method"]["alpha"] = 0.5
        (edited / "recipe.json").write_text(json.dumps(recipe))
        self.refused(["--output", "edited"], "edited/checkpoint.safetensors: is of another recipe",
                     "method.alpha is 0.05, not 0.5")

    def test_says_that_the_algorithms_are_no_longer_those_of_the_checkpoint(self):
        shutil.copytree(FOLDER / trained(), FOLDER / "elsewhere")
        file = FOLDER / "elsewhere" / "checkpoint.safetensors"
        content = file.read_bytes()
        size = struct.unpack("<Q", content[:8])[0]
        header = json.loads(content[8:8 + size])
        algorithms = json.loads(header["__metadata__"]["algorithms"])
        algorithms["cuda convolution forward"] = "cudnn 62"
        header["__metadata__"]["algorithms"] = json.dumps(algorithms)
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        file.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + size:])
        result = auxtrain("train", "--resume", "--output", "elsewhere")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stderr, r"\Anote: [^\n]*no longer bit for bit[^\n]*\n"
                                        r"elsewhere: all 1 epochs are done\n\Z")

    def test_a_broken_checkpoint_is_refused_by_name(self):
        broken = FOLDER / "broken"
        shutil.copytree(FOLDER / trained(), broken)
        checkpoint = broken / "checkpoint.safetensors"
        checkpoint.write_bytes(checkpoint.read_bytes()[:-5])
        self.assert_refused(auxtrain("train", "--resume", "--output", "broken"), 1,
                            "broken/checkpoint.safetensors", "cut short")
        checkpoint.unlink()
        self.refused(["--output", "broken"], "it has no checkpoint.safetensors")


if __name__ == "__main__":
    unittest.main()
