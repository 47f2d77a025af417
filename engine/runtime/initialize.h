// How parameters begin: from the seed and their name, so that a head added to a network leaves the
// network's own start unchanged.
#pragma once

#include <cstdint>

#include "engine/graph/value.h"

namespace engine {

void initialize_value(const Value&, std::uint64_t seed, float* data);

}  // namespace engine
