// Arithmetic on arrays of one size, element by element.
//
//   fill               y = value
//   convert            y = x                    from one storage type to another, bfloat16 rounded
//                                               to nearest even
//   add_into           y = y + x, or y = x when told to overwrite: one more contribution to a
//                      gradient
//   add                y = a + b                d_a = d_b = d_y: add_into
//   multiply_forward   y = a * b
//   multiply_backward  d_a = d_y * b            saved: a and b
//                      d_b = d_y * a
//
// All arrays [size], any layout. y may be a or b; a gradient may be none of the inputs.
#pragma once

#include "kernels/base/context.h"
#include "kernels/base/gradient_mode.h"

namespace kernels {

struct ElementwiseSizes {
  long size;
};

template <class T>
struct Fill {
  float value;
  T* y;
};

template <class From, class To>
struct Convert {
  const From* x;
  To* y;
};

template <class T>
struct AddInto {
  const T* x;
  T* y;
};

template <class T>
struct Add {
  const T *a, *b;
  T* y;
};

template <class T>
struct MultiplyForward {
  const T *a, *b;
  T* y;
};

template <class T>
struct MultiplyBackward {
  const T *a, *b, *d_y;
  T *d_a, *d_b;  // either may be null: not wanted
  GradientMode a_mode, b_mode;
};

// T, From and To are float or bfloat16.
template <class T>
void fill(Cpu, ElementwiseSizes, const Fill<T>&);

template <class From, class To>
void convert(Cpu, ElementwiseSizes, const Convert<From, To>&);

template <class T>
void add_into(Cpu, ElementwiseSizes, const AddInto<T>&,
              GradientMode mode = GradientMode::Accumulate);

template <class T>
void add(Cpu, ElementwiseSizes, const Add<T>&);

template <class T>
void multiply_forward(Cpu, ElementwiseSizes, const MultiplyForward<T>&);

template <class T>
void multiply_backward(Cpu, ElementwiseSizes, const MultiplyBackward<T>&);

template <class T>
void fill(Cuda, ElementwiseSizes, const Fill<T>&);

template <class From, class To>
void convert(Cuda, ElementwiseSizes, const Convert<From, To>&);

template <class T>
void add_into(Cuda, ElementwiseSizes, const AddInto<T>&,
              GradientMode mode = GradientMode::Accumulate);

template <class T>
void add(Cuda, ElementwiseSizes, const Add<T>&);

template <class T>
void multiply_forward(Cuda, ElementwiseSizes, const MultiplyForward<T>&);

template <class T>
void multiply_backward(Cuda, ElementwiseSizes, const MultiplyBackward<T>&);

}  // namespace kernels
