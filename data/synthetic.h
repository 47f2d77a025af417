// A built-in data set, drawn by formula, so that a first run needs no download.
#pragma once

#include <cstdint>

#include "data/dataset.h"

namespace data {

inline constexpr int kSyntheticTrain = 5000, kSyntheticTest = 2000;

Dataset make_synthetic(std::uint64_t seed, int threads = 1);

}  // namespace data
