"""Fails unless cuda_resources.py notices what is planted for it, and nothing else:
planted_resources.py [NVCC]"""
import pathlib
import sys
import tempfile

import cuda_resources
from cuda_resources import Kernel

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

# (a block's threads, registers, shared bytes, (blocks, share, limit)), from NVIDIA's
# cuda_occupancy.h
OCCUPANCIES = [(256, 30, 0, (8, 1, "warps and registers")), (1024, 33, 0, (1, .5, "registers")),
               (256, 64, 0, (4, .5, "registers")), (64, 255, 0, (4, .125, "registers")),
               (192, 40, 0, (8, .75, "registers")), (96, 40, 0, (16, .75, "registers")),
               (128, 32, 50_000, (4, .25, "shared memory")), (32, 16, 0, (32, .5, "blocks"))]

COPY = Kernel("copy<Map<float>, 4>", pathlib.Path("a.cu"), 32, 0, 0, 1000)


def case(**changes):
    """A cooperative launch of COPY for which there is just enough shared memory."""
    launch = {"kernel": COPY.name, "grid": [132, 1, 1], "block": [512, 1, 1],
              "dynamic_shared": 100_000, "cooperative": True, **changes}
    return {"operation": "copy [5]", "call": "copy", "type": "float", "least_bytes": 2e6,
            "reread_bytes": 5e5, "launches": [launch]}


# (kernels, cases, what must be said of them; None: nothing)
CASES = [
    ([COPY], [case()], None),
    ([COPY, COPY._replace(name="copy<Map<float>, 1>")], [case()], None),
    ([COPY._replace(spilled=8)], [case()], "a.cu: copy<Map<float>, 4> spills 8 bytes"),
    ([COPY._replace(stack=40)], [case()], "a.cu: copy<Map<float>, 4> has 40 bytes of stack a thread"),
    ([COPY, COPY._replace(name="copy<Map<bfloat16>, 4>")], [case()],
     "a.cu: copy<Map<bfloat16>, 4> is launched by no case"),
    ([COPY, COPY._replace(file=pathlib.Path("b.cu"))], [case()], "is in a.cu and in b.cu"),
    ([COPY], [case(), case(kernel="move")], "copy [5]: nvcc knows no move"),
    ([COPY], [case(grid=[133, 2, 1])], "266 blocks, of which 264 can be alive"),
    ([COPY], [case(grid=[133, 2, 1], cooperative=False)], None),
    ([COPY], [case(cooperative=False, dynamic_shared=233_000)], "of which 0 can be alive"),
]


def complaints(nvcc):
    for threads, registers, shared, expected in OCCUPANCIES:
        got = cuda_resources.occupancy(threads, registers, shared)
        if got != expected:
            yield f"occupancy of {threads, registers, shared}: expected {expected}, got {got}"
    for kernels, cases, expected in CASES:
        said = list(cuda_resources.problems(kernels, cases))
        if len(said) != (expected is not None) or expected and expected not in said[0]:
            yield f"expected {expected!r}, got {said!r}"
    line = cuda_resources.table([COPY], cuda_resources.longest([case()])).splitlines()[-1]
    expected = ("| `copy` | [5], float | `copy` | 132 at once | 512 | 32, 0 | 1,000 + 100,000 "
                "| 2, 50%, shared memory | 2.0 | 1.25 |")
    if line != expected:
        yield f"expected {expected!r}, got {line!r}"
    for threads, spills in ((1024, True), (128, False)) if nvcc else ():
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "a.cu")
            file.write_text(KERNEL % (threads, threads), encoding="utf-8")
            kernel, = cuda_resources.compiled([(file, [nvcc, "-O3"])])
        if kernel.name != "turn<100>" or kernel.static_shared != 100 or bool(kernel.spilled) != spills:
            yield f"{threads} threads: expected spills to be {spills}, got {kernel}"


if __name__ == "__main__":
    found = list(complaints(sys.argv[1] if len(sys.argv) > 1 else None))
    for complaint in found:
        print(complaint)
    sys.exit(1 if found else 0)
