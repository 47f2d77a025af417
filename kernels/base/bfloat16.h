// bfloat16: the upper half of a float. Storage only; arithmetic is done in float.
#pragma once

#include <bit>
#include <cstdint>

namespace kernels {

struct bfloat16 {
  std::uint16_t bits = 0;

  bfloat16() = default;
  // Rounds to nearest, ties to even, as PyTorch and oneDNN do; NaN stays NaN.
  explicit bfloat16(float value) {
    const std::uint32_t wide = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t rounded = wide + 0x7fffu + ((wide >> 16) & 1u);
    const bool is_nan = (wide & 0x7fffffffu) > 0x7f800000u;
    bits = static_cast<std::uint16_t>((is_nan ? wide | 0x400000u : rounded) >> 16);
  }
  operator float() const { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }
};

}  // namespace kernels
