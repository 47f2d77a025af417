#include "kernels/sigmoid/sigmoid.h"

#include "kernels/base/exponential.h"
#include "kernels/base/for_each_group.h"

namespace kernels {

template <class T>
void sigmoid_forward(Cpu cpu, SigmoidSizes sizes, const SigmoidForward<T>& a) {
  const Write way = way_to_write(a.y, sizes.size, {a.x});
  for_each_group(cpu, sizes.size, [=, x = a.x, y = a.y](long i, int count) {
    write(way, y + i, 1.0f / (1.0f + exponential(-load_ahead(x + i, count))), count);
  });
}

template <class T>
void sigmoid_backward(Cpu cpu, SigmoidSizes sizes, const SigmoidBackward<T>& a) {
  const Write way = way_to_write(a.d_x, sizes.size, {a.y, a.d_y}, a.mode);
  for_each_group(cpu, sizes.size, [=, y = a.y, d_y = a.d_y, d_x = a.d_x](long i, int count) {
    const Lanes gate = load_ahead(y + i, count), gradient = load_ahead(d_y + i, count);
    write(way, d_x + i, gradient * (gate * (1.0f - gate)), count);
  });
}

template void sigmoid_forward(Cpu, SigmoidSizes, const SigmoidForward<float>&);
template void sigmoid_forward(Cpu, SigmoidSizes, const SigmoidForward<bfloat16>&);
template void sigmoid_backward(Cpu, SigmoidSizes, const SigmoidBackward<float>&);
template void sigmoid_backward(Cpu, SigmoidSizes, const SigmoidBackward<bfloat16>&);

}  // namespace kernels
