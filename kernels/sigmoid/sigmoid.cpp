#include "kernels/sigmoid/sigmoid.h"

#include "kernels/base/exponential.h"
#include "kernels/base/for_each_part.h"
#include "kernels/base/lanes.h"

namespace kernels {

template <class T>
void sigmoid_forward(Cpu cpu, SigmoidSizes sizes, const SigmoidForward<T>& a) {
  for_each_part(cpu, sizes.size, 1, [&](Range range) {
    const auto some = [&](long i, int count) {
      prefetch(a.x + i, 2048);
      store(a.y + i, 1.0f / (1.0f + exponential(-load(a.x + i, count))), count);
    };
    long i = range.begin;
    for (; i + kLanes <= range.end; i += kLanes) some(i, kLanes);
    if (i < range.end) some(i, static_cast<int>(range.end - i));
  });
}

template <class T>
void sigmoid_backward(Cpu cpu, SigmoidSizes sizes, const SigmoidBackward<T>& a) {
  for_each_part(cpu, sizes.size, 1, [&](Range range) {
    with_accumulate(a.mode, [&](auto accumulate) {
      const T *y = a.y, *d_y = a.d_y;
      T* d_x = a.d_x;
// Elements do not depend on each other, which the compiler cannot know where d_x may be d_y.
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
