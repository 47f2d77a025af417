// From the layouts in which weights and images are kept to those that cuDNN's fastest kernels take,
// and back: channels last, and as many of them as 16-byte accesses need.
//
//   weights_to_channels_last     y[o,t,c] = x[o,c,t]     0 where c >= channels
//   weights_from_channels_last   x[o,c,t] = y[o,t,c]     or added to x, for gradients
//   pad_channels                 y[p,c] = x[p,c]         0 where c >= channels
//   drop_channels                x[p,c] = y[p,c]         or added to x, for gradients
//
//   weights   x [filters, channels, taps], float      OIHW, with taps = height * width of a filter
//             y [filters, taps, padded_channels]      OHWI, also called KRSC
//   pixels    x [pixels, channels]                    of images, NHWC
//             y [pixels, padded_channels]
//
// A convolution of padded images with padded weights is that of the images with the weights. What
// the padding of y holds on the way back is never read: gradients of it are nobody's.
#pragma once

#include "kernels/base/bfloat16.h"
#include "kernels/base/context.h"
#include "kernels/base/gradient_mode.h"

namespace kernels {

struct WeightLayoutSizes {
  int filters, channels, padded_channels, taps;  // channels of one group; <= padded_channels
};

template <class T>
struct WeightsToChannelsLast {
  const float* x;
  T* y;
};

template <class T>
struct WeightsFromChannelsLast {
  const T* y;
  float* x;
  GradientMode mode;
};

struct PixelLayoutSizes {
  long pixels;
  int channels, padded_channels;  // channels <= padded_channels
};

template <class X, class Y>
struct PadChannels {
  const X* x;
  Y* y;
};

template <class X, class Y>
struct DropChannels {
  const Y* y;
  X* x;
  GradientMode mode;
};

// T, X and Y are float or bfloat16, which is rounded to nearest even.
template <class T>
void weights_to_channels_last(Cpu, WeightLayoutSizes, const WeightsToChannelsLast<T>&);

template <class T>
void weights_from_channels_last(Cpu, WeightLayoutSizes, const WeightsFromChannelsLast<T>&);

template <class X, class Y>
void pad_channels(Cpu, PixelLayoutSizes, const PadChannels<X, Y>&);

template <class X, class Y>
void drop_channels(Cpu, PixelLayoutSizes, const DropChannels<X, Y>&);

template <class T>
void weights_to_channels_last(Cuda, WeightLayoutSizes, const WeightsToChannelsLast<T>&);

template <class T>
void weights_from_channels_last(Cuda, WeightLayoutSizes, const WeightsFromChannelsLast<T>&);

template <class X, class Y>
void pad_channels(Cuda, PixelLayoutSizes, const PadChannels<X, Y>&);

template <class X, class Y>
void drop_channels(Cuda, PixelLayoutSizes, const DropChannels<X, Y>&);

}  // namespace kernels
