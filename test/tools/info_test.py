"""What `auxtrain info` says of the machine's GPUs, in builds with and without CUDA."""
import os
import pathlib
import re
import unittest

from program import ProgramTest, auxtrain

HAS_CUDA = os.environ["CUDA"] == "on"  # this build
HAS_DRIVER = any(pathlib.Path(path).exists() for path in ("/proc/driver/nvidia", "/dev/dxg"))


class Info(ProgramTest):
    def row(self, title):
        rows = re.findall(rf"(?m)^{title}  +(.+)$", self.results_of("info"))
        self.assertEqual(len(rows), 1, title)
        return rows[0]

    def test_what_it_was_built_with(self):
        if HAS_CUDA:
            self.assertRegex(self.row("CUDA"), r"\A\d+\.\d for( (sm|compute)_\d+[a-z]?)+\Z")
        else:
            self.assertEqual(self.row("CUDA"), "not in this build")

    @unittest.skipIf(HAS_CUDA, "a build with CUDA")
    def test_a_build_without_cuda_looks_for_no_gpu(self):
        self.assertEqual(self.row("GPU"), "none: this build is without CUDA")

    @unittest.skipIf(HAS_DRIVER or not HAS_CUDA, "a driver, or a build without CUDA")
    def test_without_a_driver(self):
        self.assertEqual(self.row("GPU"), "none: no NVIDIA driver is installed")

    @unittest.skipUnless(HAS_DRIVER and HAS_CUDA, "no driver, or a build without CUDA")
    def test_with_a_driver(self):
        result = auxtrain("info", CUDA_VISIBLE_DEVICES="")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertRegex(result.stdout, r"(?m)^GPU  +none: the driver (is too old|sees no device)")


if __name__ == "__main__":
    unittest.main()
