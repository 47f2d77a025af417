#include "kernels/base/cuda_check.cuh"
#include "kernels/base/cuda_memory.h"

namespace kernels {

void CudaMemory::Free::operator()(std::byte* block) const { cudaFree(block); }

CudaMemory::CudaMemory(Cuda, std::size_t bytes) {
  void* block = nullptr;
  CUDA_CHECK(cudaMalloc(&block, bytes));
  block_.reset(static_cast<std::byte*>(block));
}

void copy_to_device(Cuda cuda, void* device, const void* host, std::size_t bytes) {
  CUDA_CHECK(cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, cuda.stream));
}

void copy_on_device(Cuda cuda, void* to, const void* from, std::size_t bytes) {
  CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, cuda.stream));
}

void wait(Cuda cuda) { CUDA_CHECK(cudaStreamSynchronize(cuda.stream)); }

}  // namespace kernels
