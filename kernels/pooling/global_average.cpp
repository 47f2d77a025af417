#include "kernels/pooling/global_average.h"

#include <algorithm>

#include "kernels/base/channel_groups.h"
#include "kernels/base/for_each_part.h"
#include "kernels/base/write.h"

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
        for_channel_groups(s.channels, [=](int channel, int count) {
          prefetch(x + channel, 2048);
          store(y + channel, load(y + channel, count) + load(x + channel, count), count);
        });
      }
      for (int c = 0; c < s.channels; ++c) y[c] *= scale;
    }
  });
}

template <class T>
void global_average_backward(Cpu cpu, GlobalAverageSizes s, const GlobalAverageBackward<T>& a) {
  const long pixels = long{s.height} * s.width;
  const float scale = 1.0f / static_cast<float>(pixels);
  const Write way = way_to_write(a.d_x, s.images * pixels, s.channels, {}, a.mode);
  for_each_part(cpu, s.images, pixels * s.channels, [&](Range range) {
    for (long n = range.begin; n < range.end; ++n) {
      const float* d_y = a.d_y + n * s.channels;
      for (long pixel = n * pixels; pixel < (n + 1) * pixels; ++pixel) {
        T* d_x = a.d_x + pixel * s.channels;
        for_channel_groups(s.channels, [=](int channel, int count) {
          write(way, d_x + channel, load(d_y + channel, count) * scale, count);
        });
      }
    }
    finish_streams();
  });
}

template void global_average_forward(Cpu, GlobalAverageSizes, const GlobalAverageForward<float>&);
template void global_average_forward(Cpu, GlobalAverageSizes,
                                     const GlobalAverageForward<bfloat16>&);
template void global_average_backward(Cpu, GlobalAverageSizes, const GlobalAverageBackward<float>&);
template void global_average_backward(Cpu, GlobalAverageSizes,
                                      const GlobalAverageBackward<bfloat16>&);

}  // namespace kernels
