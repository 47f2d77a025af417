"""Fails unless cuda_resources.py notices planted kernels that spill, and no others:
planted_spills.py NVCC"""
import contextlib
import io
import pathlib
import sys
import tempfile

import cuda_resources

# A thread of a block of 1024 can have 64 registers; of a block of 128, all that it wants.
KERNEL = """
namespace kernels { namespace {
template <int kMany> __global__ void __launch_bounds__(%d) turn(float* x) {
  __shared__ float first[25];
  float kept[kMany];
  for (int i = 0; i < kMany; ++i) kept[i] = x[i * 1024 + threadIdx.x];
  if (threadIdx.x < 25) first[threadIdx.x] = kept[0];
  __syncthreads();
  for (int i = 0; i < kMany; ++i) x[i * 1024 + threadIdx.x] = kept[kMany - 1 - i] * first[9];
}
}  // namespace
void call(float* x) { turn<100><<<1, %d>>>(x); }
}  // namespace kernels
"""

# (a block's threads, what cuda_resources.py must say or None where it must be content)
CASES = [(1024, "a.cu: turn<100> spills "), (128, None)]

# (a block's threads, registers, shared bytes, occupancy), from NVIDIA's cuda_occupancy.h
OCCUPANCIES = [(256, 30, 0, 1), (1024, 33, 0, .5), (256, 64, 0, .5), (64, 255, 0, .125),
               (192, 40, 0, .75), (96, 40, 0, .75), (128, 32, 50_000, .25), (32, 16, 0, .5)]


def main(nvcc):
    failures = 0
    for threads, expected in CASES:
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "kernels", "a.cu")
            file.parent.mkdir()
            file.write_text(KERNEL % (threads, threads), encoding="utf-8")
            commands = cuda_resources.commands_with(nvcc, pathlib.Path(folder))
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                broken = cuda_resources.main(commands, pathlib.Path(folder))
        said = printed.getvalue()
        row = f"| `kernels/a.cu` | `turn<100>` | {threads} |"
        if row not in said or bool(broken) != bool(expected) or (expected or "") not in said:
            print(f"{threads} threads: expected {row!r} and {expected!r}, got {said!r}")
            failures += 1
    for *arguments, expected in OCCUPANCIES:
        got = cuda_resources.occupancy(*arguments)
        if got != expected:
            print(f"occupancy of {arguments}: expected {expected}, got {got}")
            failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
