#include "kernels/pooling/max_pooling.h"

#include <cstring>

#include "kernels/base/channel_groups.h"
#include "kernels/base/for_each_part.h"
#include "kernels/base/write.h"

namespace kernels {

namespace {

// Sixteen positions within a window, in the form in which they are kept.
using ByteLanes __attribute__((vector_size(kLanes))) = std::uint8_t;

LaneBits load_bytes(const std::uint8_t* from, int count) {
  ByteLanes bytes{};
  if (count == kLanes)
    std::memcpy(&bytes, from, sizeof bytes);
  else
    std::memcpy(&bytes, from, static_cast<std::size_t>(count));
#ifdef __AVX512F__
  return reinterpret_cast<LaneBits>(
      _mm512_maskz_cvtepu8_epi32(0xffff, reinterpret_cast<__m128i>(bytes)));
#else
  return __builtin_convertvector(bytes, LaneBits);
#endif
}

void store_bytes(std::uint8_t* to, LaneBits positions, int count) {
#ifdef __AVX512F__
  const auto bytes = reinterpret_cast<ByteLanes>(
      _mm512_maskz_cvtepi32_epi8(0xffff, reinterpret_cast<__m512i>(positions)));
#else
  const ByteLanes bytes = __builtin_convertvector(positions, ByteLanes);
#endif
  if (count == kLanes)
    std::memcpy(to, &bytes, sizeof bytes);
  else
    std::memcpy(to, &bytes, static_cast<std::size_t>(count));
}

// One output pixel. `first_position` is that of the window's first pixel within the image.
template <class T>
void max_of_window(const PoolingSizes& s, Span rows, Span columns, int first_position,
                   const T* image, T* y, std::uint8_t* argmax) {
  const int width = s.width, channels = s.channels, kernel = s.kernel;
  for_channel_groups(channels, [=](int channel, int count) {
    const T* first = image + (long{rows.begin} * width + columns.begin) * channels + channel;
    Lanes best = load(first, count);
    LaneBits position_of_best = LaneBits{} + static_cast<std::uint32_t>(first_position);
    for (int h = 0; h < rows.end - rows.begin; ++h)
      for (int w = 0; w < columns.end - columns.begin; ++w) {
        const Lanes value = load(first + (long{h} * width + w) * channels, count);
        const auto position = static_cast<std::uint32_t>(first_position + h * kernel + w);
        const auto wins = (value > best) | (value != value);
        best = wins ? value : best;
        position_of_best = wins ? LaneBits{} + position : position_of_best;
      }
    store(y + channel, best, count);
    store_bytes(argmax + channel, position_of_best, count);
  });
}

// The gradient of one input pixel, gathered from the windows that hold it: those of `out_columns`
// in the rows whose first window is at d_y and argmax, and of which the first holds the pixel at
// `position`.
template <class T>
void gather(const PoolingSizes& s, int out_width, int out_rows, Span out_columns, int position,
            const T* d_y, const std::uint8_t* argmax, Write way, T* d_x) {
  const int channels = s.channels, row_step = s.stride * s.kernel, column_step = s.stride;
  for_channel_groups(channels, [=](int channel, int count) {
    Lanes sum{};
    for (int i = 0; i < out_rows; ++i)
      for (int j = out_columns.begin; j < out_columns.end; ++j) {
        const int at = position - i * row_step - (j - out_columns.begin) * column_step;
        const long out = (long{i} * out_width + j) * channels + channel;
        const Lanes gradient = load(d_y + out, count);
        const LaneBits is_here = reinterpret_cast<LaneBits>(load_bytes(argmax + out, count) ==
                                                            static_cast<std::uint32_t>(at));
        sum += reinterpret_cast<Lanes>(reinterpret_cast<LaneBits>(gradient) & is_here);
      }
    write(way, d_x + channel, sum, count);
  });
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
        max_of_window(s, rows, columns, first_position, image, a.y + out, a.argmax + out);
      }
    }
  });
}

template <class T>
void max_pooling_backward(Cpu cpu, const PoolingSizes& s, const MaxPoolingBackward<T>& a) {
  const int out_height = s.out_height(), out_width = s.out_width();
  const Write way =
      way_to_write(a.d_x, long{s.images} * s.height * s.width, s.channels, {a.d_y}, a.mode);
  for_each_part(cpu, long{s.images} * s.height, long{s.width} * s.channels, [&](Range range) {
    for (long row = range.begin; row < range.end; ++row) {
      const int h = static_cast<int>(row % s.height);
      const Span out_rows = windows_of(s, h, s.height);
      const long out = (row / s.height * out_height + out_rows.begin) * out_width * s.channels;
      const int row_position = (h + s.padding - out_rows.begin * s.stride) * s.kernel;
      for (int w = 0; w < s.width; ++w) {
        const Span out_columns = windows_of(s, w, s.width);
        const int position = row_position + w + s.padding - out_columns.begin * s.stride;
        gather(s, out_width, out_rows.end - out_rows.begin, out_columns, position, a.d_y + out,
               a.argmax + out, way, a.d_x + (row * s.width + w) * s.channels);
      }
    }
    finish_streams();
  });
}

template void max_pooling_forward(Cpu, const PoolingSizes&, const MaxPoolingForward<float>&);
template void max_pooling_forward(Cpu, const PoolingSizes&, const MaxPoolingForward<bfloat16>&);
template void max_pooling_backward(Cpu, const PoolingSizes&, const MaxPoolingBackward<float>&);
template void max_pooling_backward(Cpu, const PoolingSizes&, const MaxPoolingBackward<bfloat16>&);

}  // namespace kernels
