// One thread owns 16 bytes of neighbouring elements and draws their random numbers, four at a time.
// Nothing is used twice: the floor is each array read once and written once.
#include "kernels/base/for_each_vector.cuh"
#include "kernels/dropout/dropout.h"
#include "kernels/dropout/mask.h"

namespace kernels {
namespace {

template <class T>
struct DropVectors {
  Dropout<T> t;

  template <int kWidth>
  __device__ void at(long i) const {
    const DropoutMask mask(t.random, t.layer, t.probability);
    std::uint32_t kept = mask.kept(i / 4) >> (i % 4);
    if constexpr (kWidth == 8) kept |= mask.kept(i / 4 + 1) << 4;
    const float scale = 1 / (1 - t.probability);
    const auto x = load_floats<kWidth>(t.x + i);
    auto y = load_start<kWidth>(t.y + i, t.mode);
    for (int k = 0; k < kWidth; ++k) y[k] += (kept >> k) & 1 ? x[k] * scale : 0.0f;
    store_floats(t.y + i, y);
  }
};

}  // namespace

template <class T>
void dropout(Cuda cuda, DropoutSizes sizes, const Dropout<T>& t) {
  for_each_vector<T>(cuda, sizes.size, DropVectors<T>{t}, t.x, t.y);
}

template void dropout(Cuda, DropoutSizes, const Dropout<float>&);
template void dropout(Cuda, DropoutSizes, const Dropout<bfloat16>&);

}  // namespace kernels
