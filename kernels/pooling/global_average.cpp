#include "kernels/pooling/global_average.h"

#include <algorithm>

#include "kernels/base/channel_groups.h"
#include "kernels/base/for_each_part.h"

namespace kernels {

template <class T>
void global_average_forward(Cpu cpu, GlobalAverageSizes s, const GlobalAverageForward<T>& a) {
  const long pixels = long{s.height} * s.width;
  const float scale = 1.0f / static_cast<float>(pixels);
  for_each_part(cpu, s.images, pixels * s.channels, [&](Range range) {
    for (long n = range.begin; n < range.end; ++n) {
      // The result's row stays in the first-level cache while the pixels pass by in order.
      float* y = a.y + n * s.channels;
      std::fill_n(y, s.channels, 0.0f);
      for (long pixel = 0; pixel < pixels; ++pixel) {
        const T* x = a.x + (n * pixels + pixel) * s.channels;
#pragma GCC ivdep
        for (int c = 0; c < s.channels; ++c) y[c] += static_cast<float>(x[c]);
      }
      for (int c = 0; c < s.channels; ++c) y[c] *= scale;
    }
  });
}

template <class T>
void global_average_backward(Cpu cpu, GlobalAverageSizes s, const GlobalAverageBackward<T>& a) {
  const long pixels = long{s.height} * s.width;
  const float scale = 1.0f / static_cast<float>(pixels);
  const bool adds = a.mode == GradientMode::Accumulate;
  const bool streams = !adds && streams_result(a.d_x, s.images * pixels, s.channels);
  for_each_part(cpu, s.images, pixels * s.channels, [&](Range range) {
    for (long n = range.begin; n < range.end; ++n) {
      const float* d_y = a.d_y + n * s.channels;
      for (long pixel = n * pixels; pixel < (n + 1) * pixels; ++pixel) {
        T* d_x = a.d_x + pixel * s.channels;
        for_channel_groups(s.channels, [=](int channel, int count) {
          Lanes gradient = load(d_y + channel, count) * scale;
          if (adds) gradient += load(d_x + channel, count);
          if (streams)
            stream(d_x + channel, gradient);
          else
            store(d_x + channel, gradient, count);
        });
      }
    }
    if (streams) finish_streams();
  });
}

template void global_average_forward(Cpu, GlobalAverageSizes, const GlobalAverageForward<float>&);
template void global_average_forward(Cpu, GlobalAverageSizes,
                                     const GlobalAverageForward<bfloat16>&);
template void global_average_backward(Cpu, GlobalAverageSizes, const GlobalAverageBackward<float>&);
template void global_average_backward(Cpu, GlobalAverageSizes,
                                      const GlobalAverageBackward<bfloat16>&);

}  // namespace kernels
