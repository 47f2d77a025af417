// The random numbers of one corrupted image, in the order in which they are asked for: a pure
// function of (seed, image, kind, severity).
#pragma once

#include <algorithm>
#include <cstdint>

#include "data/view_pixels.h"
#include "kernels/base/philox.h"

namespace data::corruptions {

class Draws {
 public:
  // `stream`: of the kind and severity.
  Draws(std::uint64_t seed, std::uint32_t image, std::uint32_t stream)
      : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
        counter_{{0, static_cast<std::uint32_t>(kernels::RandomUse::Benchmark), image, stream}} {}

  void words(std::uint32_t* out, long count) {
    for (long i = 0; i < count; i += 4) {
      const kernels::PhiloxBlock block = next_block();
      std::copy_n(block.words, std::min(count - i, 4L), out + i);
    }
  }

  // Standard normal numbers.
  void normals(double* out, long count) {
    constexpr long kPart = 64;
    std::uint32_t random[kPart];
    float numbers[kPart];
    for (long i = 0; i < count; i += kPart) {
      const long part = std::min(count - i, kPart);
      words(random, (part + 3) / 4 * 4);
      for (long j = 0; j < part; j += 2) {
        const NormalPair pair = normal_pair(random[j], random[j + 1]);
        numbers[j] = pair.first;
        numbers[j + 1] = pair.second;
      }
      std::copy_n(numbers, part, out + i);
    }
  }

  // In [low, high), 32 bits.
  void uniforms(double* out, long count, double low, double high) {
    for (long i = 0; i < count; i += 4) {
      const kernels::PhiloxBlock block = next_block();
      const long last = std::min(count - i, 4L);
      for (long j = 0; j < last; ++j) out[i + j] = low + (high - low) * unit(block.words[j]);
    }
  }
  double uniform(double low, double high) {
    double number;
    uniforms(&number, 1, low, high);
    return number;
  }

  // In [0, bound), bound > 0.
  int below(int bound) {
    std::uint32_t word;
    words(&word, 1);
    return static_cast<int>((std::uint64_t{word} * static_cast<std::uint32_t>(bound)) >> 32);
  }

 private:
  static double unit(std::uint32_t word) { return word * 0x1p-32; }

  kernels::PhiloxBlock next_block() {
    const kernels::PhiloxBlock block = kernels::philox(counter_, key_[0], key_[1]);
    ++counter_.words[0];
    return block;
  }

  std::uint32_t key_[2];
  kernels::PhiloxBlock counter_;
};

}  // namespace data::corruptions
