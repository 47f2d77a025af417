// Division by a number that a whole launch shares, as a multiplication: GPUs have no instruction
// for it, and a kernel that moves 16 bytes a thread has no time for the twenty that replace it.
//
//   n / d = (n + m n / 2^32) / 2^s, each quotient rounded down, for 0 <= n < 2^31,
//   s = ceil(log2 d),  m = 2^32 (2^s - d) / d + 1
//
// Granlund, Montgomery: Division by Invariant Integers using Multiplication (1994).
#pragma once

#include <cstdint>

#include "kernels/base/host_device.h"

namespace kernels {

class Divisor {
 public:
  explicit Divisor(int divisor) : divisor_(static_cast<std::uint32_t>(divisor)) {
    while ((std::uint32_t{1} << shift_) < divisor_) ++shift_;
    const std::uint64_t excess = (std::uint64_t{1} << shift_) - divisor_;
    multiplier_ = static_cast<std::uint32_t>((excess << 32) / divisor_ + 1);
  }

  HOST_DEVICE int quotient(int n) const {
    const auto number = static_cast<std::uint32_t>(n);
    const auto high = static_cast<std::uint32_t>(std::uint64_t{number} * multiplier_ >> 32);
    return static_cast<int>((number + high) >> shift_);
  }
  HOST_DEVICE int remainder(int n) const { return n - quotient(n) * divisor(); }
  HOST_DEVICE int divisor() const { return static_cast<int>(divisor_); }

 private:
  std::uint32_t divisor_, multiplier_, shift_ = 0;
};

}  // namespace kernels
