#include "kernels/relu/relu.h"

#include "kernels/base/bfloat16.h"
#include "kernels/base/for_each_part.h"

namespace kernels {

// The loops' pragma says that elements do not depend on each other, which the compiler cannot know
// when an array may be its own result.

template <class T>
void relu_forward(Cpu cpu, ReluSizes sizes, const ReluForward<T>& a) {
  for_each_part(cpu, sizes.size, 1, [&](Range range) {
    const T* x = a.x;
    T* y = a.y;
#pragma GCC ivdep
    for (long i = range.begin; i < range.end; ++i) {
      const T value = x[i];
      y[i] = static_cast<float>(value) < 0.0f ? T(0.0f) : value;
    }
  });
}

template <class T>
void relu_backward(Cpu cpu, ReluSizes sizes, const ReluBackward<T>& a) {
  for_each_part(cpu, sizes.size, 1, [&](Range range) {
    with_accumulate(a.mode, [&](auto accumulate) {
      const T *y = a.y, *d_y = a.d_y;
      T* d_x = a.d_x;
#pragma GCC ivdep
      for (long i = range.begin; i < range.end; ++i) {
        const T gradient = d_y[i];
        give_gradient(d_x[i], static_cast<float>(y[i]) > 0.0f ? gradient : T(0.0f), accumulate);
      }
    });
  });
}

template void relu_forward(Cpu, ReluSizes, const ReluForward<float>&);
template void relu_forward(Cpu, ReluSizes, const ReluForward<bfloat16>&);
template void relu_backward(Cpu, ReluSizes, const ReluBackward<float>&);
template void relu_backward(Cpu, ReluSizes, const ReluBackward<bfloat16>&);

}  // namespace kernels
