"""What tools/compare/memory.py makes of figures, and what PyTorch's side counts where it is there."""
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import unittest

COMPARE = pathlib.Path(__file__).resolve().parents[2] / "tools/compare"
sys.path.insert(0, str(COMPARE))

import memory  # noqa: E402

CASE = {"model": "resnet20", "images": 4, "precision": "fp32", "threads": 1}


class Memory(unittest.TestCase):
    def test_a_row_compares_like_with_like(self):
        mebibyte = memory.MEBIBYTE
        row = memory.compare(
            CASE, {"peer": "PyTorch", "saved": 90 * mebibyte, "allocated": 100 * mebibyte,
                   "resident": 200 * mebibyte},
            {"planned": 80 * mebibyte, "resident": 150 * mebibyte},
            {"planned": 50 * mebibyte, "resident": 60 * mebibyte})
        self.assertAlmostEqual(row["auxtrain_planned_ratio"], 0.8)
        self.assertAlmostEqual(row["recompute_planned_ratio"], 0.5)
        self.assertAlmostEqual(row["auxtrain_resident_ratio"], 0.75)
        self.assertAlmostEqual(row["recompute_resident_ratio"], 0.3)
        line = memory.line_of(row)
        self.assertEqual(line, "| resnet20 5x4 fp32 | 100 | 80 (0.80) | 50 (0.50) | 200 | "
                               "150 (0.75) | 60 (0.30) |")
        self.assertEqual(line.count("|"), memory.HEAD.splitlines()[0].count("|"))

    def test_recompute_takes_less_as_the_system_sees_it(self):
        bench = os.environ["AUXTRAIN_BENCH"]
        case = {**CASE, "images": 64}
        kept, recomputed = (memory.ours(bench, case, recompute) for recompute in (False, True))
        for way in ("planned", "resident"):
            self.assertLess(recomputed[way], 0.75 * kept[way], way)
        # What the plan says is what the system gives: but for code and small tables.
        self.assertLess(abs(kept["resident"] - kept["planned"]), 0.2 * kept["planned"])

    @unittest.skipUnless(importlib.util.find_spec("torch"), "PyTorch is not installed")
    def test_pytorch_counts(self):
        done = subprocess.run([sys.executable, str(COMPARE / "memory_pytorch.py"),
                               *(f"--{key}={value}" for key, value in CASE.items())],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        counted = json.loads(done.stdout)
        # In the first stage alone, seven convolutions and seven batch norms keep an array each.
        least = 14 * 20 * 32 * 32 * 16 * 4
        self.assertLess(least, counted["saved"])
        self.assertLess(counted["saved"], counted["allocated"])
        self.assertLess(counted["allocated"], 4 * least)


if __name__ == "__main__":
    unittest.main()
