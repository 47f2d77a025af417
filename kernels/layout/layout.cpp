#include "kernels/layout/layout.h"

#include "kernels/base/for_each_part.h"

namespace kernels {

namespace {

// Calls f(row, padded row) for the channels of every filter or pixel, shared among the threads.
template <class F>
void for_each_row(Cpu cpu, long rows, int channels, int padded_channels, const F& f) {
  for_each_part(cpu, rows, padded_channels, [&](Range range) {
    for (long row = range.begin; row < range.end; ++row) f(row * channels, row * padded_channels);
  });
}

}  // namespace

template <class T>
void weights_to_channels_last(Cpu cpu, WeightLayoutSizes s, const WeightsToChannelsLast<T>& a) {
  for_each_row(cpu, s.filters, s.channels * s.taps, s.padded_channels * s.taps,
               [&](long from, long to) {
                 const float* x = a.x + from;
                 T* y = a.y + to;
                 for (int t = 0; t < s.taps; ++t)
                   for (int c = 0; c < s.padded_channels; ++c)
                     *y++ = c < s.channels ? T(x[c * s.taps + t]) : T(0.0f);
               });
}

template <class T>
void weights_from_channels_last(Cpu cpu, WeightLayoutSizes s, const WeightsFromChannelsLast<T>& a) {
  with_accumulate(a.mode, [&](auto accumulate) {
    for_each_row(cpu, s.filters, s.channels * s.taps, s.padded_channels * s.taps,
                 [&](long to, long from) {
                   float* x = a.x + to;
                   const T* y = a.y + from;
                   for (int c = 0; c < s.channels; ++c)
                     for (int t = 0; t < s.taps; ++t)
                       give_gradient(*x++, y[t * s.padded_channels + c], accumulate);
                 });
  });
}

template <class X, class Y>
void pad_channels(Cpu cpu, PixelLayoutSizes s, const PadChannels<X, Y>& a) {
  for_each_row(cpu, s.pixels, s.channels, s.padded_channels, [&](long from, long to) {
    for (int c = 0; c < s.padded_channels; ++c)
      a.y[to + c] = Y(c < s.channels ? static_cast<float>(a.x[from + c]) : 0.0f);
  });
}

template <class X, class Y>
void drop_channels(Cpu cpu, PixelLayoutSizes s, const DropChannels<X, Y>& a) {
  with_accumulate(a.mode, [&](auto accumulate) {
    for_each_row(cpu, s.pixels, s.channels, s.padded_channels, [&](long to, long from) {
      for (int c = 0; c < s.channels; ++c)
        give_gradient(a.x[to + c], static_cast<float>(a.y[from + c]), accumulate);
    });
  });
}

template void weights_to_channels_last(Cpu, WeightLayoutSizes, const WeightsToChannelsLast<float>&);
template void weights_to_channels_last(Cpu, WeightLayoutSizes,
                                       const WeightsToChannelsLast<bfloat16>&);
template void weights_from_channels_last(Cpu, WeightLayoutSizes,
                                         const WeightsFromChannelsLast<float>&);
template void weights_from_channels_last(Cpu, WeightLayoutSizes,
                                         const WeightsFromChannelsLast<bfloat16>&);
template void pad_channels(Cpu, PixelLayoutSizes, const PadChannels<float, float>&);
template void pad_channels(Cpu, PixelLayoutSizes, const PadChannels<float, bfloat16>&);
template void pad_channels(Cpu, PixelLayoutSizes, const PadChannels<bfloat16, bfloat16>&);
template void drop_channels(Cpu, PixelLayoutSizes, const DropChannels<float, float>&);
template void drop_channels(Cpu, PixelLayoutSizes, const DropChannels<float, bfloat16>&);
template void drop_channels(Cpu, PixelLayoutSizes, const DropChannels<bfloat16, bfloat16>&);

}  // namespace kernels
