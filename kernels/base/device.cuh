// What device code shares: wide accesses, dynamic shared memory, sums over warps and blocks.
#pragma once

#include <cuda_runtime.h>

#include "kernels/base/bfloat16.h"

namespace kernels {

constexpr int kWarp = 32;  // threads
constexpr unsigned kWholeWarp = 0xffffffffu;

// Neighbouring values that travel in one access, 16 bytes at best.
template <class T, int kWidth>
struct alignas(sizeof(T) * kWidth) Vector {
  T values[kWidth];
  __device__ T& operator[](int i) { return values[i]; }
  __device__ const T& operator[](int i) const { return values[i]; }
};
template <int kWidth, class T>
__device__ Vector<T, kWidth> load_vector(const T* from) {
  return *reinterpret_cast<const Vector<T, kWidth>*>(from);
}
template <int kWidth, class T>
__device__ void store_vector(T* to, const Vector<T, kWidth>& values) {
  *reinterpret_cast<Vector<T, kWidth>*>(to) = values;
}

// The block's dynamic shared memory. nvcc names it by a declaration, the stand-in by a pointer.
template <class T>
__device__ T* dynamic_shared() {
#ifdef __CUDACC__
  extern __shared__ uint4 dynamic_shared_memory[];
  return reinterpret_cast<T*>(dynamic_shared_memory);
#else
  return static_cast<T*>(stand_in::dynamic_shared());
#endif
}

// Every lane gets the sum, or the largest, of all lanes, in an order that never changes.
template <class T>
__device__ T warp_sum(T value) {
  for (int bits = 1; bits < kWarp; bits *= 2) value += __shfl_xor_sync(kWholeWarp, value, bits);
  return value;
}
__device__ inline float warp_max(float value) {
  for (int bits = 1; bits < kWarp; bits *= 2)
    value = fmaxf(value, __shfl_xor_sync(kWholeWarp, value, bits));
  return value;
}

// Every thread of a block of kThreads gets the sum of all, in an order that never changes. Between
// two calls the block must meet: the second overwrites what slower warps still read.
template <int kThreads, class T>
__device__ T block_sum(T value) {
  __shared__ T of_warp[kThreads / kWarp];
  value = warp_sum(value);
  if (threadIdx.x % kWarp == 0) of_warp[threadIdx.x / kWarp] = value;
  __syncthreads();
  T sum = 0;
  for (const T part : of_warp) sum += part;
  return sum;
}

}  // namespace kernels
