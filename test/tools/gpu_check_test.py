"""What tools/gpu_check.sh and its summary do where there is no GPU."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"


def summary_of(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            text = content if isinstance(content, str) else json.dumps(content)
            (pathlib.Path(folder) / name).write_text(text)
        done = subprocess.run([sys.executable, TOOLS / "gpu/summary.py", folder], check=True,
                              capture_output=True, text=True)
        return done.stdout, json.loads((pathlib.Path(folder) / "summary.json").read_text())


def step(rate, views=5):
    return {"steps": [{"name": f"resnet18 training {views}x128 bf16", "median_seconds": 640 / rate,
                       "noise": 0.01, "view_images_per_second": rate}]}


def peer(form, rate):
    return {"form": form, "precision": "bf16", "peer": "PyTorch", "view_images_per_second": rate}


class Summary(unittest.TestCase):
    def test_ratios_are_of_our_slower_run(self):
        text, result = summary_of({"ours_bf16_before.json": step(90000),
                                   "ours_bf16_after.json": step(80000),
                                   "pytorch_bf16_sequence.json": peer("sequence", 20000),
                                   "pytorch_bf16_channels_last.json": peer("channels_last", 40000)})
        self.assertEqual([row["ratio"] for row in result["peers"]], [2.0, 4.0])
        self.assertIn("| sequence | bf16 | 20,000 | 80,000 | **4.00** |", text)

    def test_the_slowest_kernels_come_first(self):
        rows = [{"where": "relu", "kernel": name, "type": "bf16", "median_seconds": 1e-5,
                 "noise": 0.0, "share_of_ceiling": share}
                for name, share in (("quick", 0.9), ("slow", 0.5))]
        text, _ = summary_of({"kernels.json": {"copy_bytes_per_second": 3e12, "operations": rows}})
        self.assertLess(text.index("slow"), text.index("quick"))
        self.assertIn("Copy bandwidth 3,000 GB/s", text)

    def test_a_stage_that_failed_says_why_and_the_rest_is_absent(self):
        text, result = summary_of({"tests.stage.json": {"stage": "tests", "code": 3, "seconds": 7},
                                   "tests.log": "a line, then another\nno driver\n"})
        self.assertRegex(text, r"\| tests \| failed \(3\) \| 7 \| no driver \|")
        self.assertEqual((result["peers"], result["kernels"], result["schedule"]), ([], [], []))

    def test_the_schedule_is_epochs_of_measured_steps(self):
        def recipe(method):
            return {"model": {"name": "resnet18"}, "data": {"batch": 128}, "schedule": {"epochs": 300},
                    "method": {"name": method, "corruptions": ["a", "b", "c", "d"]}}
        text, result = summary_of({"step.json": step(80000), "step_standard.json": step(320000, 1),
                                   "a.recipe.json": recipe("auxiliary"),
                                   "b.recipe.json": recipe("standard")})
        self.assertEqual([row["hours"] for row in result["schedule"]], [0.26, 0.065])
        self.assertIn("| a | 300 | 390 | 8.000 | 0.26 |", text)


class Script(unittest.TestCase):
    def test_says_what_it_wants(self):
        done = subprocess.run([TOOLS / "gpu_check.sh"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("usage: gpu_check.sh OUTPUT_DIR", done.stderr)

    def test_refuses_a_stage_that_is_not(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([TOOLS / "gpu_check.sh", folder, "speed"], capture_output=True,
                                  text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("no stage speed", done.stderr)

    def test_a_stage_that_cannot_run_says_what_it_lacks(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([TOOLS / "gpu_check.sh", folder, "training"], capture_output=True,
                                  env={**os.environ, "AUXTRAIN_DATA": folder}, text=True,
                                  check=False)
            result = json.loads((pathlib.Path(folder) / "summary.json").read_text())
        self.assertEqual(done.returncode, 1)
        self.assertIn("has no cifar-10-batches-bin", result["stages"][0]["why"])


if __name__ == "__main__":
    unittest.main()
