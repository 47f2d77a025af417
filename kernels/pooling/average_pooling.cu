// Forward, a thread owns some neighbouring channels of a pixel of y, 16 bytes; backward, of a pixel
// of x. A block owns a row of pixels or what fits of it, or several short rows. The floor is each
// array once: what windows have in common comes from the caches.
#include "kernels/pooling/average_pooling.h"
#include "kernels/pooling/grid.cuh"

namespace kernels {
namespace {

template <class T, int kWidth>
struct AverageForward {
  PoolingGrid grid;
  AveragePoolingForward<T> t;

  __device__ void at(int row, int item) const {
    const PoolingSizes& s = grid.sizes;
    const auto [image, i, j, channel] = grid.place<kWidth>(row, item);
    const Span rows = inputs_of(s, i, s.height), columns = inputs_of(s, j, s.width);
    const T* x_image = t.x + grid.x_image(image);
    Vector<float, kWidth> sum{};
    for (int h = rows.begin; h < rows.end; ++h)
      for (int w = columns.begin; w < columns.end; ++w) {
        const auto x = load_floats<kWidth>(x_image + grid.x_offset(h, w, channel));
        for (int k = 0; k < kWidth; ++k) sum[k] += x[k];
      }
    const float scale = 1 / static_cast<float>(s.kernel * s.kernel);
    for (int k = 0; k < kWidth; ++k) sum[k] *= scale;
    store_floats(t.y + grid.y_image(image) + grid.y_offset(i, j, channel), sum);
  }
};

template <class T, int kWidth>
struct AverageBackward {
  PoolingGrid grid;
  AveragePoolingBackward<T> t;

  __device__ void at(int row, int item) const {
    const auto [image, h, w, channel] = grid.place<kWidth>(row, item);
    const Span out_rows = grid.windows_of(h, grid.out_height);
    const Span out_columns = grid.windows_of(w, grid.out_width);
    T* d_x = t.d_x + grid.x_image(image) + grid.x_offset(h, w, channel);
    auto result = load_start<kWidth>(d_x, t.mode);
    const T* d_y_image = t.d_y + grid.y_image(image);

    Vector<float, kWidth> sum{};
    for (int i = out_rows.begin; i < out_rows.end; ++i)
      for (int j = out_columns.begin; j < out_columns.end; ++j) {
        const auto d_y = load_floats<kWidth>(d_y_image + grid.y_offset(i, j, channel));
        for (int k = 0; k < kWidth; ++k) sum[k] += d_y[k];
      }
    const float scale = 1 / static_cast<float>(grid.sizes.kernel * grid.sizes.kernel);
    for (int k = 0; k < kWidth; ++k) result[k] += sum[k] * scale;
    store_floats(d_x, result);
  }
};

}  // namespace

template <class T>
void average_pooling_forward(Cuda cuda, const PoolingSizes& s, const AveragePoolingForward<T>& t) {
  for_each_output<AverageForward, T>(cuda, s, t, t.x, t.y);
}

template <class T>
void average_pooling_backward(Cuda cuda, const PoolingSizes& s,
                              const AveragePoolingBackward<T>& t) {
  for_each_input<AverageBackward, T>(cuda, s, t, t.d_y, t.d_x);
}

template void average_pooling_forward(Cuda, const PoolingSizes&,
                                      const AveragePoolingForward<float>&);
template void average_pooling_forward(Cuda, const PoolingSizes&,
                                      const AveragePoolingForward<bfloat16>&);
template void average_pooling_backward(Cuda, const PoolingSizes&,
                                       const AveragePoolingBackward<float>&);
template void average_pooling_backward(Cuda, const PoolingSizes&,
                                       const AveragePoolingBackward<bfloat16>&);

}  // namespace kernels
