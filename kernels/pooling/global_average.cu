// Forward, a block owns up to 32 pieces of 16 bytes of channels of one image. Its threads go
// through the pixels in slices side by side, and the slices are added in order. Backward, a thread
// owns 16 bytes of a pixel of d_x. The floor is x read once, or d_x written once; the features are
// small.
#include "kernels/base/for_each_in_rows.cuh"
#include "kernels/pooling/global_average.h"

namespace kernels {
namespace {

constexpr int kThreads = 256, kMostItems = 32;

template <int kWidth, class T>
__global__ void __launch_bounds__(kThreads)
    global_average_kernel(GlobalAverageSizes s, GlobalAverageForward<T> t, Divisor items,
                          Divisor tiles) {
  __shared__ Vector<float, kWidth> sums[kThreads];  // [slices, items]
  const int block = static_cast<int>(blockIdx.x), thread = static_cast<int>(threadIdx.x);
  const long image = tiles.quotient(block);
  const int width = items.divisor() * kWidth, first_channel = tiles.remainder(block) * width;
  const int slices = items.quotient(kThreads), slice = items.quotient(thread);
  const int channel = first_channel + items.remainder(thread) * kWidth;
  const int pixels = s.height * s.width;

  if (slice < slices && channel < s.channels) {
    const T* x = t.x + image * pixels * s.channels + channel;
    Vector<float, kWidth> sum{};
    for (int pixel = slice; pixel < pixels; pixel += slices) {
      const auto values = load_floats<kWidth>(x + long{pixel} * s.channels);
      for (int k = 0; k < kWidth; ++k) sum[k] += values[k];
    }
    sums[thread] = sum;
  }
  __syncthreads();
  if (thread >= width || first_channel + thread >= s.channels) return;
  float sum = 0;
  for (int i = 0; i < slices; ++i)
    sum += sums[i * items.divisor() + thread / kWidth][thread % kWidth];
  t.y[image * s.channels + first_channel + thread] = sum * (1 / static_cast<float>(pixels));
}

template <class T, int kWidth>
struct GlobalAverageSpread {
  GlobalAverageSizes s;
  GlobalAverageBackward<T> t;
  Divisor items;  // of a pixel

  __device__ void at(int image, int item) const {
    const int pixels = s.height * s.width, channel = items.remainder(item) * kWidth;
    T* d_x = t.d_x + (long{image} * pixels + items.quotient(item)) * s.channels + channel;
    const auto d_y = load_floats<kWidth>(t.d_y + long{image} * s.channels + channel);
    auto result = load_start<kWidth>(d_x, t.mode);
    const float scale = 1 / static_cast<float>(pixels);
    for (int k = 0; k < kWidth; ++k) result[k] += d_y[k] * scale;
    store_floats(d_x, result);
  }
};

}  // namespace

template <class T>
void global_average_forward(Cuda cuda, GlobalAverageSizes s, const GlobalAverageForward<T>& t) {
  with_channel_width<T>(
      s.channels,
      [&](auto width) {
        const int of_pixel = s.channels / width, items = std::min(of_pixel, kMostItems);
        const int tiles = (of_pixel + items - 1) / items;
        if (s.images == 0) return;
        launch(cuda, {blocks_for(long{s.images} * tiles, 1), kThreads},
               global_average_kernel<width, T>, s, t, Divisor(items), Divisor(tiles));
      },
      t.x);
}

template <class T>
void global_average_backward(Cuda cuda, GlobalAverageSizes s, const GlobalAverageBackward<T>& t) {
  with_channel_width<T>(
      s.channels,
      [&](auto width) {
        const int items = s.channels / width;
        for_each_in_rows(cuda, s.images, long{s.height} * s.width * items,
                         GlobalAverageSpread<T, width>{s, t, Divisor(items)});
      },
      t.d_y, t.d_x);
}

template void global_average_forward(Cuda, GlobalAverageSizes, const GlobalAverageForward<float>&);
template void global_average_forward(Cuda, GlobalAverageSizes,
                                     const GlobalAverageForward<bfloat16>&);
template void global_average_backward(Cuda, GlobalAverageSizes,
                                      const GlobalAverageBackward<float>&);
template void global_average_backward(Cuda, GlobalAverageSizes,
                                      const GlobalAverageBackward<bfloat16>&);

}  // namespace kernels
