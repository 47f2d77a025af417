// Forward, a thread owns some neighbouring channels of a pixel of y, 16 bytes; backward, of a pixel
// of x. A block owns a row of pixels or what fits of it, or several short rows. The floor is each
// array once: windows overlap, but their rows and neighbours are read at about the same time, so
// what is read again comes from the caches.
#include "kernels/pooling/grid.cuh"
#include "kernels/pooling/max_pooling.h"

namespace kernels {
namespace {

template <class T, int kWidth>
struct MaxForward {
  PoolingGrid grid;
  MaxPoolingForward<T> t;

  __device__ void at(int row, int item) const {
    const PoolingSizes& s = grid.sizes;
    const auto [image, i, j, channel] = grid.place<kWidth>(row, item);
    const Span rows = inputs_of(s, i, s.height), columns = inputs_of(s, j, s.width);
    const int top = i * s.stride - s.padding, left = j * s.stride - s.padding;
    const T* x_image = t.x + grid.x_image(image);

    Vector<float, kWidth> best;
    Vector<int, kWidth> position;  // within the window
    for (int k = 0; k < kWidth; ++k) {
      best[k] = -INFINITY;
      position[k] = (rows.begin - top) * s.kernel + columns.begin - left;
    }
    for (int h = rows.begin; h < rows.end; ++h)
      for (int w = columns.begin; w < columns.end; ++w) {
        const auto x = load_floats<kWidth>(x_image + grid.x_offset(h, w, channel));
        for (int k = 0; k < kWidth; ++k)
          if (x[k] > best[k] || x[k] != x[k]) {
            best[k] = x[k];
            position[k] = (h - top) * s.kernel + w - left;
          }
      }
    const long out = grid.y_image(image) + grid.y_offset(i, j, channel);
    store_floats(t.y + out, best);
    Vector<std::uint8_t, kWidth> argmax;
    for (int k = 0; k < kWidth; ++k) argmax[k] = static_cast<std::uint8_t>(position[k]);
    store_vector(t.argmax + out, argmax);
  }
};

template <class T, int kWidth>
struct MaxBackward {
  PoolingGrid grid;
  MaxPoolingBackward<T> t;

  __device__ void at(int row, int item) const {
    const PoolingSizes& s = grid.sizes;
    const auto [image, h, w, channel] = grid.place<kWidth>(row, item);
    const Span out_rows = grid.windows_of(h, grid.out_height);
    const Span out_columns = grid.windows_of(w, grid.out_width);
    T* d_x = t.d_x + grid.x_image(image) + grid.x_offset(h, w, channel);
    auto result = load_start<kWidth>(d_x, t.mode);
    const T* d_y_image = t.d_y + grid.y_image(image);
    const std::uint8_t* argmax_image = t.argmax + grid.y_image(image);

    Vector<float, kWidth> sum{};
    for (int i = out_rows.begin; i < out_rows.end; ++i)
      for (int j = out_columns.begin; j < out_columns.end; ++j) {
        const int here = (h + s.padding - i * s.stride) * s.kernel + w + s.padding - j * s.stride;
        const int out = grid.y_offset(i, j, channel);
        const auto d_y = load_floats<kWidth>(d_y_image + out);
        const auto argmax = load_vector<kWidth>(argmax_image + out);
        for (int k = 0; k < kWidth; ++k)
          if (argmax[k] == here) sum[k] += d_y[k];
      }
    for (int k = 0; k < kWidth; ++k) result[k] += sum[k];
    store_floats(d_x, result);
  }
};

}  // namespace

template <class T>
void max_pooling_forward(Cuda cuda, const PoolingSizes& s, const MaxPoolingForward<T>& t) {
  for_each_output<MaxForward, T>(cuda, s, t, t.x, t.y, t.argmax);
}

template <class T>
void max_pooling_backward(Cuda cuda, const PoolingSizes& s, const MaxPoolingBackward<T>& t) {
  for_each_input<MaxBackward, T>(cuda, s, t, t.d_y, t.argmax, t.d_x);
}

template void max_pooling_forward(Cuda, const PoolingSizes&, const MaxPoolingForward<float>&);
template void max_pooling_forward(Cuda, const PoolingSizes&, const MaxPoolingForward<bfloat16>&);
template void max_pooling_backward(Cuda, const PoolingSizes&, const MaxPoolingBackward<float>&);
template void max_pooling_backward(Cuda, const PoolingSizes&, const MaxPoolingBackward<bfloat16>&);

}  // namespace kernels
