// The device that tests run on, where it is a GPU: the first one.
#include <cstdio>
#include <cstdlib>

#include "kernels/base/cuda_device.h"
#include "test/cuda/device_array.h"

namespace test {

kernels::Cuda cuda() {
  static const kernels::Cuda device = [] {
    std::string why_none;
    const auto devices = kernels::cuda_devices(&why_none);
    if (devices.empty()) {
      std::printf("skipped: %s\n", why_none.c_str());
      std::fflush(stdout);
      std::_Exit(77);
    }
    cudaStream_t stream = nullptr;
    CUDA_CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    return kernels::Cuda{.stream = stream,
                         .multiprocessors = devices[0].multiprocessors,
                         .shared_bytes = devices[0].shared_bytes};
  }();
  return device;
}

void set_order(unsigned) {}  // a GPU's own

}  // namespace test
