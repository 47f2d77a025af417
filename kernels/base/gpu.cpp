#include "kernels/base/gpu.h"

#ifdef CUDA_ARCHITECTURES
#include "kernels/base/cuda_check.cuh"
#endif
#ifdef AUXTRAIN_CUDA
#include "kernels/cudnn/libraries.h"
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
Gpu::Gpu(int number, [[maybe_unused]] const std::filesystem::path& plan_folder)
    : device_(find_device(number)) {
  CUDA_CHECK(cudaSetDevice(number));
  CUDA_CHECK(cudaStreamCreateWithFlags(&context_.stream, cudaStreamNonBlocking));
  context_.multiprocessors = device_.multiprocessors;
  context_.shared_bytes = device_.shared_bytes;
#ifdef AUXTRAIN_CUDA
  libraries_ = std::make_shared<CudaLibraries>(context_.stream, plan_folder);
  context_.libraries = libraries_.get();
  library_versions_ = text("cuDNN ", cudnn_version(), ", cuBLASLt ", cublaslt_version());
#endif
}

Gpu::~Gpu() {
  libraries_.reset();  // which is of the stream
  cudaStreamDestroy(context_.stream);
}

std::size_t Gpu::free_bytes() const {
  std::size_t free = 0, total = 0;
  CUDA_CHECK(cudaMemGetInfo(&free, &total));
  return free;
}
#else
Gpu::Gpu(int number, const std::filesystem::path&)
    : device_(find_device(number)) {}  // which is never found
Gpu::~Gpu() = default;
std::size_t Gpu::free_bytes() const { return 0; }
#endif

}  // namespace kernels
