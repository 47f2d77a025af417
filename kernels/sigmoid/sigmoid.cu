// One thread owns 16 bytes of neighbouring elements. Nothing is used twice: the floor is each array
// read once and written once.
#include "kernels/base/for_each_vector.cuh"
#include "kernels/sigmoid/sigmoid.h"

namespace kernels {
namespace {

struct Sigmoid {  // e^-x overflows to infinity where y is 0
  __device__ float operator()(float x) const { return 1 / (1 + expf(-x)); }
};
struct Slope {
  __device__ float operator()(float y, float d_y) const { return d_y * (y * (1 - y)); }
};

}  // namespace

template <class T>
void sigmoid_forward(Cuda cuda, SigmoidSizes sizes, const SigmoidForward<T>& t) {
  map(cuda, sizes.size, Sigmoid(), t.y, GradientMode::Overwrite, t.x);
}

template <class T>
void sigmoid_backward(Cuda cuda, SigmoidSizes sizes, const SigmoidBackward<T>& t) {
  map(cuda, sizes.size, Slope(), t.d_x, t.mode, t.y, t.d_y);
}

template void sigmoid_forward(Cuda, SigmoidSizes, const SigmoidForward<float>&);
template void sigmoid_forward(Cuda, SigmoidSizes, const SigmoidForward<bfloat16>&);
template void sigmoid_backward(Cuda, SigmoidSizes, const SigmoidBackward<float>&);
template void sigmoid_backward(Cuda, SigmoidSizes, const SigmoidBackward<bfloat16>&);

}  // namespace kernels
