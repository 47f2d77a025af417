// A GPU in use. A build without CUDA has this page too, so that programs need not ask which they
// are: there, every construction is a UsageError.
#pragma once

#include "kernels/base/context.h"
#include "kernels/base/cuda_device.h"

namespace kernels {

class Gpu {
 public:
  // The GPU of that number, as `auxtrain info` lists them, becomes this thread's. A UsageError
  // where there is none, with the reason.
  explicit Gpu(int number);
  ~Gpu();
  Gpu(const Gpu&) = delete;
  Gpu& operator=(const Gpu&) = delete;

  Cuda context() const { return context_; }
  const CudaDevice& device() const { return device_; }

 private:
  CudaDevice device_;
  Cuda context_;
};

}  // namespace kernels
