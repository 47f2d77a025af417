// bfloat16: the upper half of a float. Storage only; arithmetic is done in float.
#pragma once

#include <bit>
#include <cstdint>

#include "kernels/base/host_device.h"
#ifdef __CUDACC__
#include <cuda_bf16.h>
#endif

namespace kernels {

struct bfloat16 {
  std::uint16_t bits = 0;

  bfloat16() = default;
  // Rounds to nearest, ties to even, as PyTorch and oneDNN do; NaN stays NaN.
  HOST_DEVICE explicit bfloat16(float value) {
#ifdef __CUDA_ARCH__
    bits = __bfloat16_as_ushort(__float2bfloat16_rn(value));
#else
    const std::uint32_t wide = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t rounded = wide + 0x7fffu + ((wide >> 16) & 1u);
    const bool is_nan = (wide & 0x7fffffffu) > 0x7f800000u;
    bits = static_cast<std::uint16_t>((is_nan ? wide | 0x400000u : rounded) >> 16);
#endif
  }
  HOST_DEVICE operator float() const {
#ifdef __CUDA_ARCH__
    return __uint_as_float(static_cast<std::uint32_t>(bits) << 16);
#else
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
#endif
  }
};

}  // namespace kernels
