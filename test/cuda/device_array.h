// Arrays in the memory of a GPU, or of the stand-in for one: there is no byte beyond their end that
// the address sanitizer does not watch. Not filled, they hold NaN.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <vector>

#include "kernels/base/context.h"
#include "kernels/base/cuda_check.cuh"

namespace test {

kernels::Cuda cuda();  // the device that tests run on

template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(std::size_t size) : size_(size) {
    const kernels::Cuda device = cuda();  // first: where there is none it says so
    void* memory = nullptr;
    CUDA_CHECK(cudaMalloc(&memory, size * sizeof(T)));
    data_ = static_cast<T*>(memory);
    CUDA_CHECK(cudaMemsetAsync(data_, 0xff, size * sizeof(T), device.stream));
  }
  explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) {
    CUDA_CHECK(cudaMemcpyAsync(data_, values.data(), size_ * sizeof(T), cudaMemcpyHostToDevice,
                               cuda().stream));
  }
  ~DeviceArray() { cudaFree(data_); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  T* data() const { return data_; }
  std::vector<T> host() const {
    std::vector<T> values(size_);
    CUDA_CHECK(cudaMemcpyAsync(values.data(), data_, size_ * sizeof(T), cudaMemcpyDeviceToHost,
                               cuda().stream));
    CUDA_CHECK(cudaStreamSynchronize(cuda().stream));
    return values;
  }

 private:
  std::size_t size_;
  T* data_ = nullptr;
};

// Blocks, warps and lanes run in an order drawn from this number, on the stand-in.
void set_order(unsigned seed);

}  // namespace test
