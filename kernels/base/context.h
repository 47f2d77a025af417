// Where a kernel runs. Passing a Cpu (or, in CUDA builds, a Cuda) picks the implementation at
// compile time.
#pragma once

#include "kernels/base/algorithm_choices.h"
#include "kernels/base/thread_pool.h"

namespace kernels {

struct Cpu {
  ThreadPool* pool;  // never null; a pool of one thread runs everything on the caller's
  // Where choices are looked up and, after timing, kept. Null: by rule, the same on every machine.
  AlgorithmChoices* choices = nullptr;
};

}  // namespace kernels
