// Which activations share the arena when it is fullest.
#pragma once

#include <string>
#include <vector>

#include "engine/runtime/planner.h"

namespace engine {

struct MemoryPeak {
  std::size_t call = 0;       // where the most is alive
  std::size_t bytes = 0;      // alive there; the arena is larger where it has gaps
  std::vector<Tensor> alive;  // there, the largest first; of those in one place, the largest
};
MemoryPeak memory_peak(const Program&, const MemoryPlan&);

// For people: the arena, the fullest call, and its largest values, a line each.
std::string memory_report(const Program&, int lines = 12);

}  // namespace engine
