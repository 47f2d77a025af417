// Which elements a dropout keeps, four at a time: as many as a block of random numbers decides on.
#pragma once

#include "kernels/base/philox.h"

namespace kernels {

class DropoutMask {
 public:
  HOST_DEVICE DropoutMask(const std::uint32_t* random, std::uint32_t layer, float probability)
      : key0_(random[kSeedLow]),
        key1_(random[kSeedHigh]),
        layer_(layer),
        step_(random[kStep]),
        least_(static_cast<std::uint32_t>(probability * 0x1p32f)) {}

  // Bit k says whether element 4 * four + k is kept.
  HOST_DEVICE std::uint32_t kept(long four) const {
    const PhiloxBlock counter{{static_cast<std::uint32_t>(four),
                               static_cast<std::uint32_t>(RandomUse::Dropout), layer_, step_}};
    const PhiloxBlock block = philox(counter, key0_, key1_);
    std::uint32_t bits = 0;
    for (int k = 0; k < 4; ++k) bits |= std::uint32_t{block.words[k] >= least_} << k;
    return bits;
  }

 private:
  std::uint32_t key0_, key1_, layer_, step_, least_;
};

}  // namespace kernels
