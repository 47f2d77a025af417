// Element by element through arrays, 16 bytes at a time where they begin at such multiples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "kernels/base/device.cuh"
#include "kernels/base/gradient_mode.h"
#include "kernels/base/launch.cuh"

namespace kernels {

// Stored as T, calculated with as floats.
template <int kWidth, class T>
__device__ Vector<float, kWidth> load_floats(const T* from) {
  const auto stored = load_vector<kWidth>(from);
  Vector<float, kWidth> values;
  for (int k = 0; k < kWidth; ++k) values[k] = static_cast<float>(stored[k]);
  return values;
}
template <int kWidth, class T>
__device__ void store_floats(T* to, const Vector<float, kWidth>& values) {
  Vector<T, kWidth> stored;
  for (int k = 0; k < kWidth; ++k) stored[k] = T(values[k]);
  store_vector(to, stored);
}

// What a contribution to a gradient is added to: what the array holds, or -0, to which every number
// can be added without a change, 0 and -0 included.
template <int kWidth, class T>
__device__ Vector<float, kWidth> load_start(const T* from, GradientMode mode) {
  if (mode == GradientMode::Accumulate) return load_floats<kWidth>(from);
  Vector<float, kWidth> start;
  for (int k = 0; k < kWidth; ++k) start[k] = -0.0f;
  return start;
}

// Whether kWidth elements of each array are one access.
template <int kWidth, class... T>
bool are_aligned(const T*... arrays) {
  return (... && (reinterpret_cast<std::uintptr_t>(arrays) % (kWidth * sizeof(T)) == 0));
}

template <class T>
inline constexpr int kElementsIn16Bytes = 16 / static_cast<int>(sizeof(T));

template <int kThreads, int kWidth, class F>
__global__ void __launch_bounds__(kThreads) for_each_vector_kernel(long size, F f) {
  const long first = (long{blockIdx.x} * kThreads + threadIdx.x) * kWidth;
  if (first + kWidth <= size) {
    f.template at<kWidth>(first);
  } else {
    for (long i = first; i < size; ++i) f.template at<1>(i);
  }
}

// Calls f.at<width>(i) once for each `width` elements from i on, all of [0, size) together. Widest
// is the largest type of the arrays that f touches.
template <class Widest, class F, class... T>
void for_each_vector(Cuda cuda, long size, const F& f, const T*... arrays) {
  constexpr int kThreads = 256, kWidth = kElementsIn16Bytes<Widest>;
  if (size == 0) return;
  if (are_aligned<kWidth>(arrays...)) {
    launch(cuda, {blocks_for((size + kWidth - 1) / kWidth, kThreads), kThreads},
           for_each_vector_kernel<kThreads, kWidth, F>, size, f);
  } else {
    launch(cuda, {blocks_for(size, kThreads), kThreads}, for_each_vector_kernel<kThreads, 1, F>,
           size, f);
  }
}

// y = f(x...), or y += f(x...), where f takes and gives floats.
template <class T, class F, int kInputs>
struct Map {
  F f;
  T* y;
  GradientMode mode;
  const T* x[kInputs];

  template <int kWidth>
  __device__ void at(long i) const {
    give<kWidth>(i, std::make_index_sequence<kInputs>());
  }
  template <int kWidth, std::size_t... kInput>
  __device__ void give(long i, std::index_sequence<kInput...>) const {
    const Vector<float, kWidth> inputs[] = {load_floats<kWidth>(x[kInput] + i)...};
    auto result = load_start<kWidth>(y + i, mode);
    for (int k = 0; k < kWidth; ++k) result[k] += f(inputs[kInput][k]...);
    store_floats(y + i, result);
  }
};

template <class F, class T, class... X>
void map(Cuda cuda, long size, const F& f, T* y, GradientMode mode, const X*... x) {
  for_each_vector<T>(cuda, size, Map<T, F, sizeof...(X)>{f, y, mode, {x...}}, y, x...);
}

}  // namespace kernels
