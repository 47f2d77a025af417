// Where a thread of a pooling works: [images * height, width, channels] as rows of items, where an
// item is kWidth neighbouring channels of one pixel.
#pragma once

#include "kernels/base/for_each_in_rows.cuh"
#include "kernels/pooling/window.h"

namespace kernels {

struct PoolingPlace {
  int image, h, w, channel;
};

// Divisions that all threads make, prepared.
struct PoolingGrid {
  PoolingSizes sizes;
  int out_height, out_width;
  Divisor rows, items, stride;  // rows of an image, items of a pixel

  PoolingGrid(const PoolingSizes& s, int rows_of_image, int width)
      : sizes(s),
        out_height(s.out_height()),
        out_width(s.out_width()),
        rows(rows_of_image),
        items(s.channels / width),
        stride(s.stride) {
    constexpr int kMost = std::numeric_limits<int>::max();
    CHECK(x_image(1) <= kMost && y_image(1) <= kMost, "pooling: an image of more than ", kMost,
          " elements");
  }

  template <int kWidth>
  __device__ PoolingPlace place(int row, int item) const {
    return {rows.quotient(row), rows.remainder(row), items.quotient(item),
            items.remainder(item) * kWidth};
  }
  __device__ Span windows_of(int i, int outputs) const {
    return kernels::windows_of(sizes, i, outputs, [this](int n) { return stride.quotient(n); });
  }
  // Where in x, or y, an image begins, and where in the image a channel of a pixel is.
  HOST_DEVICE long x_image(int image) const {
    return long{image} * sizes.height * sizes.width * sizes.channels;
  }
  HOST_DEVICE long y_image(int image) const {
    return long{image} * out_height * out_width * sizes.channels;
  }
  __device__ int x_offset(int h, int w, int channel) const {
    return (h * sizes.width + w) * sizes.channels + channel;
  }
  __device__ int y_offset(int i, int j, int channel) const {
    return (i * out_width + j) * sizes.channels + channel;
  }
};

// One thread for each item of y.
template <template <class, int> class Work, class T, class Arguments, class... Arrays>
void for_each_output(Cuda cuda, const PoolingSizes& s, const Arguments& t,
                     const Arrays*... arrays) {
  with_channel_width<T>(
      s.channels,
      [&](auto width) {
        const PoolingGrid grid(s, s.out_height(), width);
        for_each_in_rows(cuda, long{s.images} * s.out_height(),
                         long{s.out_width()} * (s.channels / width), Work<T, width>{grid, t});
      },
      arrays...);
}

// One thread for each item of x.
template <template <class, int> class Work, class T, class Arguments, class... Arrays>
void for_each_input(Cuda cuda, const PoolingSizes& s, const Arguments& t, const Arrays*... arrays) {
  with_channel_width<T>(
      s.channels,
      [&](auto width) {
        const PoolingGrid grid(s, s.height, width);
        for_each_in_rows(cuda, long{s.images} * s.height, long{s.width} * (s.channels / width),
                         Work<T, width>{grid, t});
      },
      arrays...);
}

}  // namespace kernels
