// The GPUs of this machine. Asking works everywhere: in a build without CUDA, and without a driver.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace kernels {

struct CudaDevice {
  int number = 0;  // as cudaSetDevice takes it
  std::string name;
  int major = 0, minor = 0;  // compute capability
  int multiprocessors = 0;
  std::size_t memory_bytes = 0;
  std::size_t shared_bytes = 0;  // that one block can have, at most
  std::size_t l2_bytes = 0;      // of the second-level cache
};

// Where there are none, why_none says the reason.
std::vector<CudaDevice> cuda_devices(std::string* why_none = nullptr);

// "NVIDIA H100, compute capability 9.0, 132 multiprocessors, 80 GiB".
std::string describe(const CudaDevice& device);

// "13.0 for sm_80 sm_90 compute_90": the toolkit, and the GPUs that this build has code for. Empty
// in a build without CUDA.
std::string cuda_build();

}  // namespace kernels
