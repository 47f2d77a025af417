"""Which recipes tools/compare/pytorch_training.py takes: those that it trains as they say."""
import json
import pathlib
import subprocess
import unittest

from program import FOLDER, ProgramTest, python_with_torch, write_json

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "tools/compare/pytorch_training.py"


class Recipes(ProgramTest):
    def error_of(self, name, **changes):
        """What the script says of a built-in recipe with other values in "group__key"."""
        recipe = json.loads(self.results_of("recipes", name))
        for path, value in changes.items():
            group, _, key = path.rpartition("__")
            (recipe[group] if group else recipe)[key] = value
        done = subprocess.run([python_with_torch(), "-B", SCRIPT, write_json("recipe.json", recipe),
                               "--data", "nowhere", "--device", "cpu"], cwd=FOLDER,
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        return done.stderr.splitlines()[-1]

    def test_what_it_would_train_otherwise_is_refused(self):
        if not python_with_torch():
            self.skipTest("no interpreter with PyTorch")
        standard, auxiliary = "cifar10-resnet18-standard", "cifar10-resnet18-auxiliary"
        for name, changes, expected in (
                (auxiliary, {"method__alpha": 0.1}, "method.alpha: expected 0.05, got 0.1"),
                (auxiliary, {"method__attention": False}, "method.attention: expected True, got False"),
                (standard, {"schedule__kind": "cosine"},
                 "schedule.kind: expected 'multistep', got 'cosine'"),
                (standard, {"init": "start.safetensors"}, "init: expected '', got 'start.safetensors'"),
                ("cifar10-resnet18-data-augmentation", {},
                 "method.name: expected standard or auxiliary, got data_augmentation")):
            self.assertEqual(self.error_of(name, **changes), f"pytorch_training: {expected}")
        for name in (standard, auxiliary):  # nothing is wrong but the folder
            self.assertIn("nowhere/cifar-10-batches-bin", self.error_of(name))
        self.assertIn("nowhere", self.error_of(standard, method__alpha=0.1))  # which it has no use for


if __name__ == "__main__":
    unittest.main()
