#include "kernels/base/cuda_device.h"

#ifdef CUDA_ARCHITECTURES
#include "kernels/base/cuda_check.cuh"
#endif
#include "kernels/base/check.h"

namespace kernels {

std::string describe(const CudaDevice& d) {
  constexpr std::size_t kGiB = std::size_t{1} << 30;
  return text(d.name, ", compute capability ", d.major, ".", d.minor, ", ", d.multiprocessors,
              " multiprocessors, ", (d.memory_bytes + kGiB / 2) / kGiB, " GiB");
}

#ifdef CUDA_ARCHITECTURES
namespace {

// 13000 means 13.0.
std::string version_text(int version) { return text(version / 1000, ".", version % 1000 / 10); }

std::string reason_of(cudaError_t error) {
  int driver = 0;
  if (cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0)
    return "no NVIDIA driver is installed";
  if (error == cudaErrorInsufficientDriver)
    return text("the driver is too old: it knows CUDA ", version_text(driver),
                ", this build is of CUDA ", version_text(CUDART_VERSION));
  if (error == cudaSuccess || error == cudaErrorNoDevice)
    return "the driver sees no device (CUDA_VISIBLE_DEVICES may hide it)";
  return text(cudaGetErrorName(error), ": ", cudaGetErrorString(error));
}

}  // namespace

std::vector<CudaDevice> cuda_devices(std::string* why_none) {
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  std::vector<CudaDevice> devices;
  if (error == cudaSuccess) {
    for (int i = 0; i < count; ++i) {
      cudaDeviceProp found;
      CUDA_CHECK(cudaGetDeviceProperties(&found, i));
      devices.push_back({.number = i,
                         .name = found.name,
                         .major = found.major,
                         .minor = found.minor,
                         .multiprocessors = found.multiProcessorCount,
                         .memory_bytes = found.totalGlobalMem,
                         .shared_bytes = found.sharedMemPerBlockOptin,
                         .l2_bytes = static_cast<std::size_t>(found.l2CacheSize)});
    }
  }
  if (devices.empty() && why_none) *why_none = reason_of(error);
  return devices;
}

std::string cuda_build() { return version_text(CUDART_VERSION) + " for " CUDA_ARCHITECTURES; }
#else
std::vector<CudaDevice> cuda_devices(std::string* why_none) {
  if (why_none) *why_none = "this build is without CUDA";
  return {};
}

std::string cuda_build() { return {}; }
#endif

}  // namespace kernels
