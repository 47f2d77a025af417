#include "kernels/pooling/global_average.h"

#include "kernels/base/bfloat16.h"
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
  for_each_part(cpu, s.images, pixels * s.channels, [&](Range range) {
    with_accumulate(a.mode, [&](auto accumulate) {
      for (long n = range.begin; n < range.end; ++n) {
        const float* d_y = a.d_y + n * s.channels;
        for (long pixel = 0; pixel < pixels; ++pixel) {
          T* d_x = a.d_x + (n * pixels + pixel) * s.channels;
#pragma GCC ivdep
          for (int c = 0; c < s.channels; ++c) give_gradient(d_x[c], d_y[c] * scale, accumulate);
        }
      }
    });
  });
}

template void global_average_forward(Cpu, GlobalAverageSizes, const GlobalAverageForward<float>&);
template void global_average_forward(Cpu, GlobalAverageSizes,
                                     const GlobalAverageForward<bfloat16>&);
template void global_average_backward(Cpu, GlobalAverageSizes, const GlobalAverageBackward<float>&);
template void global_average_backward(Cpu, GlobalAverageSizes,
                                      const GlobalAverageBackward<bfloat16>&);

}  // namespace kernels
