// One thread owns 16 bytes of neighbouring elements. Nothing is used twice: the floor is each array
// read once and written once.
#include "kernels/base/for_each_vector.cuh"
#include "kernels/relu/relu.h"

namespace kernels {
namespace {

struct Keep {  // what is above 0, or NaN
  __device__ float operator()(float x) const { return x <= 0 ? 0.0f : x; }
};
struct Pass {
  __device__ float operator()(float y, float d_y) const { return y > 0 ? d_y : 0.0f; }
};

}  // namespace

template <class T>
void relu_forward(Cuda cuda, ReluSizes sizes, const ReluForward<T>& t) {
  map(cuda, sizes.size, Keep(), t.y, GradientMode::Overwrite, t.x);
}

template <class T>
void relu_backward(Cuda cuda, ReluSizes sizes, const ReluBackward<T>& t) {
  map(cuda, sizes.size, Pass(), t.d_x, t.mode, t.y, t.d_y);
}

template void relu_forward(Cuda, ReluSizes, const ReluForward<float>&);
template void relu_forward(Cuda, ReluSizes, const ReluForward<bfloat16>&);
template void relu_backward(Cuda, ReluSizes, const ReluBackward<float>&);
template void relu_backward(Cuda, ReluSizes, const ReluBackward<bfloat16>&);

}  // namespace kernels
