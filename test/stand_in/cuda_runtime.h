// What nvcc adds to C++, for g++: found in place of the toolkit's header of the same name, so that
// a .cu file is also an ordinary C++ file.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>

#include "test/stand_in/stand_in.h"

// A block's variables are the thread_local variables of the one system thread that runs blocks in
// turn, so the stand-in can find them, poison them, and swap them when many blocks are alive.
#define __shared__ constinit thread_local
#define __launch_bounds__(...)

inline const uint3 &threadIdx = stand_in::thread_index, &blockIdx = stand_in::block_index;
inline const dim3 &blockDim = stand_in::block_size, &gridDim = stand_in::grid_size;
inline constexpr int warpSize = 32;

namespace stand_in {

using Place = std::source_location;

inline int lane() {
  const uint3 t = thread_index;
  return static_cast<int>((t.x + block_size.x * (t.y + block_size.y * t.z)) % 32);
}

template <class T>
T shuffle(const char* operation, unsigned mask, T value, int source, Place place) {
  static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>);
  unsigned long long bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  bits = meet({Wait::Warp, operation, place, mask, source, bits, false});
  std::memcpy(static_cast<void*>(&value), &bits, sizeof(T));
  return value;
}

}  // namespace stand_in

inline void __syncthreads(stand_in::Place place = stand_in::Place::current()) {
  stand_in::meet({stand_in::Wait::Block, "__syncthreads", place});
}
inline void __syncwarp(unsigned mask = ~0u, stand_in::Place place = stand_in::Place::current()) {
  stand_in::meet({stand_in::Wait::Warp, "__syncwarp", place, mask});
}
inline unsigned __ballot_sync(unsigned mask, int predicate,
                              stand_in::Place place = stand_in::Place::current()) {
  return static_cast<unsigned>(
      stand_in::meet({stand_in::Wait::Warp, "ballot", place, mask, -1, predicate != 0, false}));
}
inline int __any_sync(unsigned mask, int predicate,
                      stand_in::Place place = stand_in::Place::current()) {
  return __ballot_sync(mask, predicate, place) != 0;
}
inline int __all_sync(unsigned mask, int predicate,
                      stand_in::Place place = stand_in::Place::current()) {
  return __ballot_sync(mask, !predicate, place) == 0;
}

// Lanes outside the segment of `width` lanes keep their own value, as on the device.
template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = warpSize,
              stand_in::Place place = stand_in::Place::current()) {
  const int first = stand_in::lane() & -width;
  return stand_in::shuffle("__shfl_sync", mask, value, first + (source & (width - 1)), place);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned by, int width = warpSize,
                 stand_in::Place place = stand_in::Place::current()) {
  const int lane = stand_in::lane(), source = lane - static_cast<int>(by);
  return stand_in::shuffle("__shfl_up_sync", mask, value, source < (lane & -width) ? lane : source,
                           place);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned by, int width = warpSize,
                   stand_in::Place place = stand_in::Place::current()) {
  const int lane = stand_in::lane(), source = lane + static_cast<int>(by);
  return stand_in::shuffle("__shfl_down_sync", mask, value,
                           source >= (lane & -width) + width ? lane : source, place);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int bits, int width = warpSize,
                  stand_in::Place place = stand_in::Place::current()) {
  const int lane = stand_in::lane(), source = lane ^ bits;
  return stand_in::shuffle("__shfl_xor_sync", mask, value,
                           source >= (lane & -width) + width ? lane : source, place);
}

template <class T>
[[gnu::no_sanitize("thread")]] T atomicAdd(T* address, T value) {
  stand_in::touch_atomically(address, sizeof(T));
  const T before = *address;
  *address = before + value;
  return before;
}
template <class T>
T __ldg(const T* address) {
  return *address;
}
inline void __threadfence() { stand_in::fence(); }
inline float rsqrtf(float x) { return 1 / std::sqrt(x); }
using std::max, std::min;

namespace cooperative_groups {
struct grid_group {
  void sync(stand_in::Place place = stand_in::Place::current()) const {
    stand_in::meet({stand_in::Wait::Grid, "grid sync", place});
  }
};
inline grid_group this_grid() { return {}; }
}  // namespace cooperative_groups

template <class... Parameters, class... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...),
                               Arguments&&... arguments) {
  return [&](Parameters... parameters) {
    cudaLaunchAttribute attribute = config->numAttrs > 0 ? *config->attrs : cudaLaunchAttribute{};
    return stand_in::enqueue([=, config = *config]() mutable {
      config.attrs = &attribute;
      return stand_in::run(config, reinterpret_cast<const void*>(kernel),
                           [&] { kernel(parameters...); });
    });
  }(std::forward<Arguments>(arguments)...);
}
