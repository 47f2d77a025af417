// One thread owns 16 bytes of neighbouring elements. Nothing is used twice: the floor is each array
// read once and written once.
#include "kernels/base/for_each_vector.cuh"
#include "kernels/elementwise/elementwise.h"

namespace kernels {
namespace {

template <class T>
struct FillVectors {
  Fill<T> t;

  template <int kWidth>
  __device__ void at(long i) const {
    Vector<T, kWidth> y;
    for (int k = 0; k < kWidth; ++k) y[k] = T(t.value);
    store_vector(t.y + i, y);
  }
};

template <class From, class To>
struct ConvertVectors {
  Convert<From, To> t;

  template <int kWidth>
  __device__ void at(long i) const {
    if constexpr (std::is_same_v<From, To>) {
      store_vector(t.y + i, load_vector<kWidth>(t.x + i));  // every bit, also of a NaN
    } else {
      store_floats(t.y + i, load_floats<kWidth>(t.x + i));
    }
  }
};

struct Sum {
  __device__ float operator()(float a, float b) const { return a + b; }
};
struct Product {
  __device__ float operator()(float a, float b) const { return a * b; }
};

template <class T>
struct MultiplyBackwardVectors {
  MultiplyBackward<T> t;

  template <int kWidth>
  __device__ void at(long i) const {
    const auto d_y = load_floats<kWidth>(t.d_y + i);
    if (t.d_a) give<kWidth>(d_y, t.b + i, t.d_a + i, t.a_mode);
    if (t.d_b) give<kWidth>(d_y, t.a + i, t.d_b + i, t.b_mode);
  }
  template <int kWidth>
  static __device__ void give(const Vector<float, kWidth>& d_y, const T* factor, T* gradient,
                              GradientMode mode) {
    const auto factors = load_floats<kWidth>(factor);
    auto result = load_start<kWidth>(gradient, mode);
    for (int k = 0; k < kWidth; ++k) result[k] += d_y[k] * factors[k];
    store_floats(gradient, result);
  }
};

}  // namespace

template <class T>
void fill(Cuda cuda, ElementwiseSizes sizes, const Fill<T>& t) {
  for_each_vector<T>(cuda, sizes.size, FillVectors<T>{t}, t.y);
}

template <class From, class To>
void convert(Cuda cuda, ElementwiseSizes sizes, const Convert<From, To>& t) {
  using Widest = std::conditional_t<(sizeof(From) > sizeof(To)), From, To>;
  for_each_vector<Widest>(cuda, sizes.size, ConvertVectors<From, To>{t}, t.x, t.y);
}

template <class T>
void add_into(Cuda cuda, ElementwiseSizes sizes, const AddInto<T>& t, GradientMode mode) {
  if (mode == GradientMode::Accumulate) {
    add(cuda, sizes, Add<T>{.a = t.y, .b = t.x, .y = t.y});
  } else {
    convert(cuda, sizes, Convert<T, T>{.x = t.x, .y = t.y});
  }
}

template <class T>
void add(Cuda cuda, ElementwiseSizes sizes, const Add<T>& t) {
  map(cuda, sizes.size, Sum(), t.y, GradientMode::Overwrite, t.a, t.b);
}

template <class T>
void multiply_forward(Cuda cuda, ElementwiseSizes sizes, const MultiplyForward<T>& t) {
  map(cuda, sizes.size, Product(), t.y, GradientMode::Overwrite, t.a, t.b);
}

template <class T>
void multiply_backward(Cuda cuda, ElementwiseSizes sizes, const MultiplyBackward<T>& t) {
  for_each_vector<T>(cuda, sizes.size, MultiplyBackwardVectors<T>{t}, t.a, t.b, t.d_y, t.d_a,
                     t.d_b);
}

template void fill(Cuda, ElementwiseSizes, const Fill<float>&);
template void fill(Cuda, ElementwiseSizes, const Fill<bfloat16>&);
template void convert(Cuda, ElementwiseSizes, const Convert<float, float>&);
template void convert(Cuda, ElementwiseSizes, const Convert<float, bfloat16>&);
template void convert(Cuda, ElementwiseSizes, const Convert<bfloat16, float>&);
template void convert(Cuda, ElementwiseSizes, const Convert<bfloat16, bfloat16>&);
template void add_into(Cuda, ElementwiseSizes, const AddInto<float>&, GradientMode);
template void add_into(Cuda, ElementwiseSizes, const AddInto<bfloat16>&, GradientMode);
template void add(Cuda, ElementwiseSizes, const Add<float>&);
template void add(Cuda, ElementwiseSizes, const Add<bfloat16>&);
template void multiply_forward(Cuda, ElementwiseSizes, const MultiplyForward<float>&);
template void multiply_forward(Cuda, ElementwiseSizes, const MultiplyForward<bfloat16>&);
template void multiply_backward(Cuda, ElementwiseSizes, const MultiplyBackward<float>&);
template void multiply_backward(Cuda, ElementwiseSizes, const MultiplyBackward<bfloat16>&);

}  // namespace kernels
