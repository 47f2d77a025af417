#include "test/cuda/session/device.h"

#include <cstdio>
#include <cstdlib>

namespace test {

const double kRounding = 2e-2, kRoundingOfTraining = 5e-2;

const kernels::Gpu& gpu() {
  std::string why_none;
  if (kernels::cuda_devices(&why_none).empty()) {
    std::printf("skipped: %s\n", why_none.c_str());
    std::fflush(stdout);
    std::_Exit(77);
  }
  static const auto& first = *new kernels::Gpu(0);  // never destroyed: cuDNN may be gone first
  return first;
}

}  // namespace test
