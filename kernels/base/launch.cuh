// How a kernel is started: one way for nvcc, and for g++ with the tests' stand-in for a GPU.
#pragma once

#include <algorithm>
#include <utility>

#include "kernels/base/context.h"
#include "kernels/base/cuda_check.cuh"

namespace kernels {

struct Geometry {
  dim3 grid, block;
  std::size_t dynamic_shared_bytes = 0;
  bool cooperative = false;  // all blocks are alive at once, so that the grid can meet
};

// What a kernel may have is a property of the kernel, not of a launch, and graphs hold launches: so
// it only grows.
inline void allow_dynamic_shared(const void* kernel, std::size_t bytes) {
  constexpr std::size_t kWithoutAsking = 48 << 10;  // with the kernel's __shared__ variables
  if (bytes == 0) return;
  cudaFuncAttributes known{};
  CUDA_CHECK(cudaFuncGetAttributes(&known, kernel));
  const auto allowed = static_cast<std::size_t>(known.maxDynamicSharedSizeBytes);
  const bool fits = bytes + known.sharedSizeBytes <= kWithoutAsking;
  const bool asked = bytes <= allowed && allowed > kWithoutAsking;
  if (!fits && !asked)
    CUDA_CHECK(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                    static_cast<int>(std::max(bytes, allowed))));
}

template <class... Parameters, class... Arguments>
void launch(Cuda cuda, const Geometry& geometry, void (*kernel)(Parameters...),
            Arguments&&... arguments) {
  allow_dynamic_shared(reinterpret_cast<const void*>(kernel), geometry.dynamic_shared_bytes);
  cudaLaunchAttribute attribute{};
  attribute.id = cudaLaunchAttributeCooperative;
  attribute.val.cooperative = geometry.cooperative;
  cudaLaunchConfig_t config{};
  config.gridDim = geometry.grid;
  config.blockDim = geometry.block;
  config.dynamicSmemBytes = geometry.dynamic_shared_bytes;
  config.stream = cuda.stream;
  config.attrs = &attribute;
  config.numAttrs = 1;
  CUDA_CHECK(cudaLaunchKernelEx(&config, kernel, std::forward<Arguments>(arguments)...));
}

// The blocks of a grid that together have a thread for each of `count` pieces of work.
inline unsigned blocks_for(long count, int threads_per_block) {
  return static_cast<unsigned>((count + threads_per_block - 1) / threads_per_block);
}

}  // namespace kernels
