#include "kernels/batch_norm/apply.h"

#include <cmath>

namespace kernels {
namespace {

// The difference comes first: scale * x can be far larger than y.
template <bool kResidual, bool kRelu, bool kStream, class T>
void apply(const BatchNormSizes& s, const BatchNormBlock& block, const BatchNormApply<T>& t) {
  // Local, because the compiler cannot know that nothing is stored over t.
  const int channels = s.channels, words = s.words();
  const long start = block.first_row * channels;
  const float *mean = t.mean, *scale = t.scale, *beta = t.beta;
  const T *x = t.x + start, *residual = kResidual ? t.residual + start : nullptr;
  T* y = t.y + start;
  std::uint32_t* positive = kRelu && t.positive ? t.positive + block.first_row * words : nullptr;
  // The ReLU's bits of the group. Inlined: a full group, known as such, is far less work.
  const auto apply_group = [&](int channel, int count) __attribute__((always_inline)) {
    prefetch(x + channel, kAhead);
    if constexpr (kResidual) prefetch(residual + channel, kAhead);
    const Lanes distance = load(x + channel, count) - load(mean + channel, count);
    Lanes value = multiply_add(distance, load(scale + channel, count), load(beta + channel, count));
    if constexpr (kResidual) value += load(residual + channel, count);
    std::uint32_t bits = 0;
    if constexpr (kRelu) {
      bits = passing_bits(value);
      value = where(bits, value);
    }
    if constexpr (kStream)
      stream(y + channel, value);
    else
      store(y + channel, value, count);
    return bits;
  };
  for (int r = 0; r < block.rows; ++r) {
    int channel = 0;
    for (; channel + 2 * kLanes <= channels; channel += 2 * kLanes) {  // a word of bits
      const std::uint32_t low = apply_group(channel, kLanes);
      const std::uint32_t high = apply_group(channel + kLanes, kLanes);
      if (positive) positive[channel / 32] = low | high << kLanes;
    }
    if (channel < channels) {
      const int full = (channels - channel) & kLanes, rest = channels % kLanes;
      std::uint32_t bits = full > 0 ? apply_group(channel, kLanes) : 0;
      if (rest > 0) bits |= apply_group(channel + full, rest) << full;
      if (positive) positive[channel / 32] = bits;
    }
    x += channels, y += channels;
    if (kResidual) residual += channels;
    if (positive) positive += words;
  }
  if constexpr (kStream) finish_streams();
}

template <bool kResidual, bool kRelu, class T>
void apply(const BatchNormSizes& s, const BatchNormBlock& block, const BatchNormApply<T>& t) {
  (t.way == Write::Stream ? apply<kResidual, kRelu, true, T>
                          : apply<kResidual, kRelu, false, T>)(s, block, t);
}

}  // namespace

template <class T>
void batch_norm_apply(const BatchNormSizes& s, const BatchNormBlock& block,
                      const BatchNormApply<T>& t) {
  if (t.relu)
    (t.residual ? apply<true, true, T> : apply<false, true, T>)(s, block, t);
  else
    (t.residual ? apply<true, false, T> : apply<false, false, T>)(s, block, t);
}

void batch_norm_inference_scale(int channels, const float* gamma, const float* running_variance,
                                float epsilon, float* scale) {
  for (int c = 0; c < channels; ++c) scale[c] = gamma[c] / std::sqrt(running_variance[c] + epsilon);
}

template void batch_norm_apply(const BatchNormSizes&, const BatchNormBlock&,
                               const BatchNormApply<float>&);
template void batch_norm_apply(const BatchNormSizes&, const BatchNormBlock&,
                               const BatchNormApply<bfloat16>&);

}  // namespace kernels
