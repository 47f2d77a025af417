// The windows of a pooling, and which of them hold a pixel.
//
// Along one axis, output `o` looks at the inputs  o * stride - padding + k,  k in 0 .. kernel - 1;
// those outside the image are padding. Outputs are as many as fit (no ceil mode).
#pragma once

#include <algorithm>

namespace kernels {

struct PoolingSizes {
  int images, height, width, channels;  // of x; images counts every view
  int kernel, stride, padding;          // the same for both axes; 2 * padding <= kernel

  constexpr int out_height() const { return outputs(height); }
  constexpr int out_width() const { return outputs(width); }
  constexpr int outputs(int inputs) const { return (inputs + 2 * padding - kernel) / stride + 1; }
};

struct Span {
  int begin, end;
};

// The inputs in window `o`, of an axis of `inputs` pixels.
constexpr Span inputs_of(const PoolingSizes& sizes, int o, int inputs) {
  const int begin = o * sizes.stride - sizes.padding;
  return {std::max(begin, 0), std::min(begin + sizes.kernel, inputs)};
}

// The windows, of `outputs`, that hold input `i`; none when begin >= end. by_stride(n) is n /
// stride.
template <class ByStride>
constexpr Span windows_of(const PoolingSizes& sizes, int i, int outputs,
                          const ByStride& by_stride) {
  const int last_offset = i + sizes.padding;  // within window 0, were it long enough
  const int first = last_offset - sizes.kernel + 1;
  return {first <= 0 ? 0 : by_stride(first + sizes.stride - 1),
          std::min(by_stride(last_offset) + 1, outputs)};
}
constexpr Span windows_of(const PoolingSizes& sizes, int i, int inputs) {
  return windows_of(sizes, i, sizes.outputs(inputs), [&](int n) { return n / sizes.stride; });
}

}  // namespace kernels
