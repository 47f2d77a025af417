#include "kernels/sigmoid/sigmoid.h"

#include "kernels/base/bfloat16.h"
#include "kernels/base/exponential.h"
#include "kernels/base/for_each_part.h"

namespace kernels {

// The loops' pragma says that elements do not depend on each other, which the compiler cannot know
// when an array may be its own result.

template <class T>
void sigmoid_forward(Cpu cpu, SigmoidSizes sizes, const SigmoidForward<T>& a) {
  for_each_part(cpu, sizes.size, 1, [&](Range range) {
    const T* x = a.x;
    T* y = a.y;
#pragma GCC ivdep
    for (long i = range.begin; i < range.end; ++i) {
      y[i] = T(1.0f / (1.0f + exponential(-static_cast<float>(x[i]))));
    }
  });
}

template <class T>
void sigmoid_backward(Cpu cpu, SigmoidSizes sizes, const SigmoidBackward<T>& a) {
  for_each_part(cpu, sizes.size, 1, [&](Range range) {
    with_accumulate(a.mode, [&](auto accumulate) {
      const T *y = a.y, *d_y = a.d_y;
      T* d_x = a.d_x;
#pragma GCC ivdep
      for (long i = range.begin; i < range.end; ++i) {
        const float gate = y[i], gradient = d_y[i];
        give_gradient(d_x[i], gradient * (gate * (1.0f - gate)), accumulate);
      }
    });
  });
}

template void sigmoid_forward(Cpu, SigmoidSizes, const SigmoidForward<float>&);
template void sigmoid_forward(Cpu, SigmoidSizes, const SigmoidForward<bfloat16>&);
template void sigmoid_backward(Cpu, SigmoidSizes, const SigmoidBackward<float>&);
template void sigmoid_backward(Cpu, SigmoidSizes, const SigmoidBackward<bfloat16>&);

}  // namespace kernels
