#include "kernels/pooling/max_pooling.h"

#include "kernels/base/bfloat16.h"
#include "kernels/base/for_each_part.h"

namespace kernels {

namespace {

// One output pixel, `count` of its channels: x is the image and y the pixel, both at the first of
// these channels.
template <class T>
void max_of_window(const PoolingSizes& s, Span rows, Span columns, int first_position, int count,
                   const T* x, T* y, std::uint8_t* argmax) {
  float best[kChannelBlock];
  std::int32_t position_of_best[kChannelBlock];
  const T* first = x + (long{rows.begin} * s.width + columns.begin) * s.channels;
  for (int c = 0; c < count; ++c) {
    best[c] = first[c];
    position_of_best[c] = first_position;
  }
  for (int h = rows.begin; h < rows.end; ++h) {
    for (int w = columns.begin; w < columns.end; ++w) {
      const T* pixel = x + (long{h} * s.width + w) * s.channels;
      const int position = first_position + (h - rows.begin) * s.kernel + (w - columns.begin);
      for (int c = 0; c < count; ++c) {
        const float value = pixel[c];
        const bool wins = (value > best[c]) | (value != value);
        best[c] = wins ? value : best[c];
        position_of_best[c] = wins ? position : position_of_best[c];
      }
    }
  }
  for (int c = 0; c < count; ++c) {
    y[c] = T(best[c]);
    argmax[c] = static_cast<std::uint8_t>(position_of_best[c]);
  }
}

}  // namespace

template <class T>
void max_pooling_forward(Cpu cpu, const PoolingSizes& s, const MaxPoolingForward<T>& a) {
  const int out_height = s.out_height(), out_width = s.out_width();
  const long out_rows = long{s.images} * out_height;
  for_each_part(cpu, out_rows, long{s.stride} * s.width * s.channels, [&](Range range) {
    for (long row = range.begin; row < range.end; ++row) {
      const int i = static_cast<int>(row % out_height);
      const Span rows = inputs_of(s, i, s.height);
      const T* image = a.x + row / out_height * s.height * s.width * s.channels;
      for (int j = 0; j < out_width; ++j) {
        const Span columns = inputs_of(s, j, s.width);
        const int first_position = (rows.begin - (i * s.stride - s.padding)) * s.kernel +
                                   (columns.begin - (j * s.stride - s.padding));
        const long out = (row * out_width + j) * s.channels;
        for (int c = 0; c < s.channels; c += kChannelBlock) {
          max_of_window(s, rows, columns, first_position, std::min(kChannelBlock, s.channels - c),
                        image + c, a.y + out + c, a.argmax + out + c);
        }
      }
    }
  });
}

template <class T>
void max_pooling_backward(Cpu cpu, const PoolingSizes& s, const MaxPoolingBackward<T>& a) {
  const int out_height = s.out_height(), out_width = s.out_width();
  const long in_rows = long{s.images} * s.height;
  // The gradient of one input pixel, `count` of its channels from c on.
  const auto gather = [&](long row, int w, int c, int count, auto accumulate) {
    const int h = static_cast<int>(row % s.height);
    const Span out_rows = windows_of(s, h, s.height), out_columns = windows_of(s, w, s.width);
    float sum[kChannelBlock] = {};
    for (int i = out_rows.begin; i < out_rows.end; ++i) {
      for (int j = out_columns.begin; j < out_columns.end; ++j) {
        const int position =
            (h + s.padding - i * s.stride) * s.kernel + (w + s.padding - j * s.stride);
        const long out = ((row / s.height * out_height + i) * out_width + j) * s.channels + c;
        const T* d_y = a.d_y + out;
        const std::uint8_t* argmax = a.argmax + out;
        for (int k = 0; k < count; ++k) {
          const float gradient = d_y[k];
          sum[k] += argmax[k] == position ? gradient : 0.0f;
        }
      }
    }
    T* d_x = a.d_x + (row * s.width + w) * s.channels + c;
    for (int k = 0; k < count; ++k) give_gradient(d_x[k], sum[k], accumulate);
  };
  for_each_part(cpu, in_rows, long{s.width} * s.channels, [&](Range range) {
    with_accumulate(a.mode, [&](auto accumulate) {
      for (long row = range.begin; row < range.end; ++row) {
        for (int w = 0; w < s.width; ++w) {
          for (int c = 0; c < s.channels; c += kChannelBlock) {
            gather(row, w, c, std::min(kChannelBlock, s.channels - c), accumulate);
          }
        }
      }
    });
  });
}

template void max_pooling_forward(Cpu, const PoolingSizes&, const MaxPoolingForward<float>&);
template void max_pooling_forward(Cpu, const PoolingSizes&, const MaxPoolingForward<bfloat16>&);
template void max_pooling_backward(Cpu, const PoolingSizes&, const MaxPoolingBackward<float>&);
template void max_pooling_backward(Cpu, const PoolingSizes&, const MaxPoolingBackward<bfloat16>&);

}  // namespace kernels
