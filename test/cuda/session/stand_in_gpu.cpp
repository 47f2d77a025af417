// The device that sessions and trainings run on, where it is the stand-in.
#include "kernels/base/gpu.h"
#include "test/cuda/session/device.h"
#include "test/stand_in/stand_in.h"

namespace kernels {

Gpu::Gpu(int number, const std::filesystem::path&)
    : device_{.number = number, .name = "stand-in"},
      context_{.stream = nullptr,
               .multiprocessors = stand_in::multiprocessors(),
               .shared_bytes = 227 << 10} {}
Gpu::~Gpu() = default;
std::size_t Gpu::free_bytes() const {
  std::size_t free = 0, total = 0;
  cudaMemGetInfo(&free, &total);
  return free;
}

}  // namespace kernels

namespace test {

const double kRounding = 1e-5, kRoundingOfTraining = 1e-3;

const kernels::Gpu& gpu() {
  static const kernels::Gpu stand_in(0);
  return stand_in;
}

}  // namespace test
