// Dropout by its definition: a number of the stream for each element.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/base/philox.h"

namespace test {

using RandomWords = std::vector<std::uint32_t>;  // kRandomWords of them

inline std::vector<double> oracle_dropout(const std::vector<double>& x, const RandomWords& words,
                                          std::uint32_t layer, double probability) {
  const std::uint64_t seed =
      words[kernels::kSeedLow] + (std::uint64_t{words[kernels::kSeedHigh]} << 32);
  kernels::Random random(seed, kernels::RandomUse::Dropout, layer, words[kernels::kStep]);
  std::vector<double> y;
  y.reserve(x.size());
  for (const double value : x)
    y.push_back(random.bits() >= std::ldexp(probability, 32) ? value / (1 - probability) : 0);
  return y;
}

}  // namespace test
