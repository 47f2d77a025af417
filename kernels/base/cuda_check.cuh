// Errors of the CUDA runtime as exceptions.
#pragma once

#include <cuda_runtime.h>

#include "kernels/base/check.h"

// CUDA_CHECK(cudaMalloc(&memory, bytes));
#define CUDA_CHECK(call)                                                                       \
  do {                                                                                         \
    if (const cudaError_t status_of_call = (call); status_of_call != cudaSuccess)              \
      throw ::kernels::Error(::kernels::text(                                                  \
          __FILE__, ":", __LINE__, ": " #call " failed: ", cudaGetErrorName(status_of_call))); \
  } while (false)
