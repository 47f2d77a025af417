#include "kernels/base/gpu.h"

#ifdef CUDA_ARCHITECTURES
#include "kernels/base/cuda_check.cuh"
#endif
#include "kernels/base/check.h"

namespace kernels {
namespace {

CudaDevice find_device(int number) {
  std::string why_none;
  for (const CudaDevice& device : cuda_devices(&why_none))
    if (device.number == number) return device;
  if (why_none.empty())
    why_none = text("there is no GPU ", number, "; auxtrain info lists those there are");
  throw UsageError("--device cuda: " + why_none);
}

}  // namespace

#ifdef CUDA_ARCHITECTURES
Gpu::Gpu(int number) : device_(find_device(number)) {
  CUDA_CHECK(cudaSetDevice(number));
  CUDA_CHECK(cudaStreamCreateWithFlags(&context_.stream, cudaStreamNonBlocking));
  context_.multiprocessors = device_.multiprocessors;
  context_.shared_bytes = device_.shared_bytes;
}

Gpu::~Gpu() { cudaStreamDestroy(context_.stream); }
#else
Gpu::Gpu(int number) : device_(find_device(number)) {}  // which is never found
Gpu::~Gpu() = default;
#endif

}  // namespace kernels
