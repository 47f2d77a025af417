// Philox4x32-10: random numbers that are a pure function of a counter and a key, so that they are
// the same for any thread count, device or order of work, and after a resume.
// Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3 (2011).
#pragma once

#include <cstdint>

#include "kernels/base/host_device.h"

namespace kernels {

struct PhiloxBlock {
  std::uint32_t words[4];
};

HOST_DEVICE inline PhiloxBlock philox(PhiloxBlock counter, std::uint32_t key0, std::uint32_t key1) {
  std::uint32_t* c = counter.words;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t first = std::uint64_t{0xD2511F53u} * c[0];
    const std::uint64_t second = std::uint64_t{0xCD9E8D57u} * c[2];
    const PhiloxBlock next{
        {static_cast<std::uint32_t>(second >> 32) ^ c[1] ^ key0, static_cast<std::uint32_t>(second),
         static_cast<std::uint32_t>(first >> 32) ^ c[3] ^ key1, static_cast<std::uint32_t>(first)}};
    counter = next;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return counter;
}

// What a stream of numbers is for; part of its counter, so that no two uses share numbers.
enum class RandomUse : std::uint32_t {
  Initialize = 1,
  Shuffle,
  Augment,
  Corrupt,
  Synthetic,
  Test,
  Benchmark,
  Dropout,
  Mix
};

// The stream of random numbers that belongs to (seed, use, a, b). Cheap to make; make one where it
// is needed. For example a = epoch, b = image * views + view.
class Random {
 public:
  HOST_DEVICE Random(std::uint64_t seed, RandomUse use, std::uint32_t a = 0, std::uint32_t b = 0)
      : key0_(static_cast<std::uint32_t>(seed)),
        key1_(static_cast<std::uint32_t>(seed >> 32)),
        counter_{{0, static_cast<std::uint32_t>(use), a, b}} {}

  HOST_DEVICE std::uint32_t bits() {
    if (used_ == 4) {
      block_ = philox(counter_, key0_, key1_);
      ++counter_.words[0];
      used_ = 0;
    }
    return block_.words[used_++];
  }
  // In [0, 1), 24 bits.
  HOST_DEVICE float uniform() { return static_cast<float>(bits() >> 8) * 0x1p-24f; }
  HOST_DEVICE float uniform(float low, float high) { return low + (high - low) * uniform(); }
  // In [0, bound), bound > 0; biased by less than bound / 2^32.
  HOST_DEVICE std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>((std::uint64_t{bits()} * bound) >> 32);
  }

 private:
  std::uint32_t key0_, key1_;
  PhiloxBlock counter_, block_{};
  int used_ = 4;
};

// What the numbers of a step are drawn from, in memory, so that a step that is written down once
// can be taken many times.
enum RandomWord { kSeedLow, kSeedHigh, kStep, kRandomWords };

}  // namespace kernels
