#include "kernels/pooling/average_pooling.h"

#include "kernels/base/channel_groups.h"
#include "kernels/base/for_each_part.h"
#include "kernels/base/write.h"

namespace kernels {

namespace {

// The plane of pixels of one image that a sum reads from.
template <class T>
struct Plane {
  const T* pixels;
  int width, channels;
};

// result = scale * (sum of a rectangle of pixels), channel by channel.
template <class T>
void scaled_sum(Plane<T> plane, Span rows, Span columns, float scale, Write way, T* result) {
  for_channel_groups(plane.channels, [=](int channel, int count) {
    Lanes sum{};
    for (int h = rows.begin; h < rows.end; ++h) {
      const T* row = plane.pixels + long{h} * plane.width * plane.channels + channel;
      for (int w = columns.begin; w < columns.end; ++w)
        sum += load(row + long{w} * plane.channels, count);
    }
    write(way, result + channel, sum * scale, count);
  });
}

}  // namespace

template <class T>
void average_pooling_forward(Cpu cpu, const PoolingSizes& s, const AveragePoolingForward<T>& a) {
  const int out_height = s.out_height(), out_width = s.out_width();
  const float scale = 1.0f / static_cast<float>(s.kernel * s.kernel);
  const long image = long{s.height} * s.width * s.channels;
  const Write way = way_to_write(a.y, long{s.images} * out_height * out_width, s.channels, {a.x});
  for_each_part(cpu, long{s.images} * out_height, long{s.stride} * s.width * s.channels,
                [&](Range range) {
                  for (long row = range.begin; row < range.end; ++row) {
                    const Plane<T> x{a.x + row / out_height * image, s.width, s.channels};
                    const Span rows = inputs_of(s, static_cast<int>(row % out_height), s.height);
                    for (int j = 0; j < out_width; ++j) {
                      scaled_sum(x, rows, inputs_of(s, j, s.width), scale, way,
                                 a.y + (row * out_width + j) * s.channels);
                    }
                  }
                  finish_streams();
                });
}

template <class T>
void average_pooling_backward(Cpu cpu, const PoolingSizes& s, const AveragePoolingBackward<T>& a) {
  const int out_width = s.out_width();
  const float scale = 1.0f / static_cast<float>(s.kernel * s.kernel);
  const long out_image = long{s.out_height()} * out_width * s.channels;
  const Write way =
      way_to_write(a.d_x, long{s.images} * s.height * s.width, s.channels, {a.d_y}, a.mode);
  for_each_part(cpu, long{s.images} * s.height, long{s.width} * s.channels, [&](Range range) {
    for (long row = range.begin; row < range.end; ++row) {
      const Plane<T> d_y{a.d_y + row / s.height * out_image, out_width, s.channels};
      const Span out_rows = windows_of(s, static_cast<int>(row % s.height), s.height);
      for (int w = 0; w < s.width; ++w)
        scaled_sum(d_y, out_rows, windows_of(s, w, s.width), scale, way,
                   a.d_x + (row * s.width + w) * s.channels);
    }
    finish_streams();
  });
}

template void average_pooling_forward(Cpu, const PoolingSizes&,
                                      const AveragePoolingForward<float>&);
template void average_pooling_forward(Cpu, const PoolingSizes&,
                                      const AveragePoolingForward<bfloat16>&);
template void average_pooling_backward(Cpu, const PoolingSizes&,
                                       const AveragePoolingBackward<float>&);
template void average_pooling_backward(Cpu, const PoolingSizes&,
                                       const AveragePoolingBackward<bfloat16>&);

}  // namespace kernels
