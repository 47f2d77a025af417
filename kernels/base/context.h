// Where a kernel runs. Passing a Cpu (or, in CUDA builds, a Cuda) picks the implementation at
// compile time.
#pragma once

#include <cstddef>

#include "kernels/base/algorithm_choices.h"
#include "kernels/base/thread_pool.h"

struct CUstream_st;  // what a cudaStream_t points to

namespace kernels {

class CudaLibraries;  // kernels/cudnn/libraries.h

struct Cpu {
  ThreadPool* pool;  // never null; a pool of one thread runs everything on the caller's
  // Where choices are looked up and, after timing, kept. Null: by rule, the same on every machine.
  AlgorithmChoices* choices = nullptr;
};

// A stream of a GPU, and of that GPU what decides how kernels are cut. Kernels are launched on the
// stream and nothing waits; they neither allocate nor synchronise, and so can be captured.
struct Cuda {
  CUstream_st* stream = nullptr;
  int multiprocessors = 1;
  std::size_t shared_bytes = 48 << 10;  // that one block can have, at most

  // For plans of convolutions; all other kernels do without.
  CudaLibraries* libraries = nullptr;         // of the same stream
  AlgorithmChoices* choices = nullptr;        // as Cpu's. Null: the libraries' first advice
  std::size_t workspace_limit = 256ul << 20;  // bytes that an algorithm of a library may take
  bool deterministic = true;  // false: also algorithms whose results differ between runs
  bool tensor_float = true;   // float convolutions may round factors to 10 bits (TF32)
};

}  // namespace kernels
