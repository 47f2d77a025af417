// One thread owns four neighbouring parameters. Five arrays' worth of memory traffic and no reuse:
// what counts is that every access is 16 bytes wide.
#include "kernels/base/device.cuh"
#include "kernels/base/launch.cuh"
#include "kernels/sgd/sgd.h"

namespace kernels {
namespace {

constexpr int kThreads = 256, kWidth = 4;

struct Knobs {
  float lr, momentum, weight_decay, of_g, of_m;  // step = of_g * g + of_m * m

  __device__ explicit Knobs(const float* knobs)
      : lr(knobs[kLearningRate]),
        momentum(knobs[kMomentum]),
        weight_decay(knobs[kWeightDecay]),
        of_g(knobs[kNesterov] != 0 ? 1.0f : 0.0f),
        of_m(knobs[kNesterov] != 0 ? momentum : 1.0f) {}

  __device__ void update(float d_w, float& w, float& m) const {
    const float g = d_w + weight_decay * w;
    m = momentum * m + g;
    w -= lr * (of_g * g + of_m * m);
  }
};

__global__ void __launch_bounds__(kThreads) sgd_kernel(SgdSizes sizes, Sgd t) {
  const long first = (long{blockIdx.x} * kThreads + threadIdx.x) * kWidth;
  const Knobs knobs(t.knobs);
  if (first + kWidth <= sizes.size) {
    const auto d_w = load_vector<kWidth>(t.d_w + first);
    auto w = load_vector<kWidth>(t.w + first), m = load_vector<kWidth>(t.m + first);
    for (int i = 0; i < kWidth; ++i) knobs.update(d_w[i], w[i], m[i]);
    store_vector(t.w + first, w);
    store_vector(t.m + first, m);
  } else {
    for (long i = first; i < sizes.size; ++i) knobs.update(t.d_w[i], t.w[i], t.m[i]);
  }
}

}  // namespace

void sgd(Cuda cuda, SgdSizes sizes, const Sgd& t) {
  launch(cuda, {blocks_for((sizes.size + kWidth - 1) / kWidth, kThreads), kThreads}, sgd_kernel,
         sizes, t);
}

}  // namespace kernels
