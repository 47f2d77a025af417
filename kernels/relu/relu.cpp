#include "kernels/relu/relu.h"

#include "kernels/base/for_each_group.h"

namespace kernels {

template <class T>
void relu_forward(Cpu cpu, ReluSizes sizes, const ReluForward<T>& a) {
  const Write way = way_to_write(a.y, sizes.size, {a.x});
  for_each_group(cpu, sizes.size, [=, x = a.x, y = a.y](long i, int count) {
    const Lanes value = load_ahead(x + i, count);
    write(way, y + i, where(passing_bits(value), value), count);
  });
}

template <class T>
void relu_backward(Cpu cpu, ReluSizes sizes, const ReluBackward<T>& a) {
  const Write way = way_to_write(a.d_x, sizes.size, {a.y, a.d_y}, a.mode);
  for_each_group(cpu, sizes.size, [=, y = a.y, d_y = a.d_y, d_x = a.d_x](long i, int count) {
    const Lanes result = load_ahead(y + i, count), gradient = load_ahead(d_y + i, count);
    write(way, d_x + i, result > Lanes{} ? gradient : Lanes{}, count);
  });
}

template void relu_forward(Cpu, ReluSizes, const ReluForward<float>&);
template void relu_forward(Cpu, ReluSizes, const ReluForward<bfloat16>&);
template void relu_backward(Cpu, ReluSizes, const ReluBackward<float>&);
template void relu_backward(Cpu, ReluSizes, const ReluBackward<bfloat16>&);

}  // namespace kernels
