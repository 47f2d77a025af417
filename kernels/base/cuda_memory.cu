#include <cstring>

#include "kernels/base/cuda_check.cuh"
#include "kernels/base/cuda_memory.h"

namespace kernels {
namespace {

void* allocate(std::size_t bytes) {
  void* block = nullptr;
  if (cudaMalloc(&block, bytes) == cudaSuccess) return block;
  cudaGetLastError();  // or else a later call would report it again
  std::size_t free = 0, total = 0;
  CUDA_CHECK(cudaMemGetInfo(&free, &total));
  throw Error(text("out of GPU memory: ", bytes >> 20, " MiB were asked for, ", free >> 20, " of ",
                   total >> 20, " MiB are free"));
}

}  // namespace

void CudaMemory::Free::operator()(std::byte* block) const { cudaFree(block); }

CudaMemory::CudaMemory(Cuda cuda, std::size_t bytes) {
  if (bytes == 0) return;
  block_.reset(static_cast<std::byte*>(allocate(bytes)));
  set_bytes(cuda, block_.get(), 0, bytes);
}

void PinnedMemory::Free::operator()(std::byte* block) const { cudaFreeHost(block); }

PinnedMemory::PinnedMemory(std::size_t bytes) {
  if (bytes == 0) return;
  void* block = nullptr;
  CUDA_CHECK(cudaMallocHost(&block, bytes));
  block_.reset(static_cast<std::byte*>(block));
  std::memset(block, 0, bytes);
}

void copy_to_device(Cuda cuda, void* device, const void* host, std::size_t bytes) {
  CUDA_CHECK(cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, cuda.stream));
}

void copy_on_device(Cuda cuda, void* to, const void* from, std::size_t bytes) {
  CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, cuda.stream));
}

void copy_to_host(Cuda cuda, void* host, const void* device, std::size_t bytes) {
  CUDA_CHECK(cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost, cuda.stream));
}

void set_bytes(Cuda cuda, void* device, int value, std::size_t bytes) {
  CUDA_CHECK(cudaMemsetAsync(device, value, bytes, cuda.stream));
}

void wait(Cuda cuda) { CUDA_CHECK(cudaStreamSynchronize(cuda.stream)); }

}  // namespace kernels
