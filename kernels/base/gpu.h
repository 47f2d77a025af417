// A GPU in use. A build without CUDA has this page too, so that programs need not ask which they
// are: there, every construction is a UsageError.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "kernels/base/context.h"
#include "kernels/base/cuda_device.h"

namespace kernels {

class Gpu {
 public:
  // The GPU of that number, as `auxtrain info` lists them, becomes this thread's. A UsageError
  // where there is none, with the reason. cuDNN's plans are kept between runs in `plan_folder`, if
  // one is named.
  explicit Gpu(int number, const std::filesystem::path& plan_folder = {});
  ~Gpu();
  Gpu(const Gpu&) = delete;
  Gpu& operator=(const Gpu&) = delete;

  Cuda context() const { return context_; }
  const CudaDevice& device() const { return device_; }
  std::size_t free_bytes() const;  // of its memory
  // "cuDNN 9.19.0, cuBLASLt 13.0.2": what convolves; empty in a build without.
  const std::string& libraries() const { return library_versions_; }

 private:
  CudaDevice device_;
  Cuda context_;
  std::shared_ptr<CudaLibraries> libraries_;
  std::string library_versions_;
};

}  // namespace kernels
