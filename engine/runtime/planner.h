// Where every activation lies in one shared arena.
//
// A value needs its memory from the call that first writes it to the call that last reads it.
// Values whose lifetimes do not meet may share memory; an output may take over the memory of an
// input that ends there, where its call allows that.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/graph/program.h"
#include "kernels/base/memory.h"

namespace engine {

struct MemoryPlan {
  std::vector<std::size_t> offset;  // by value id, in bytes within the arena; activations only
  std::size_t arena_bytes = 0;
  std::size_t unshared_bytes = 0;  // what the arena would take if nothing were shared
};

inline constexpr std::size_t kAlignment = kernels::Memory::kAlignment;
constexpr std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// share = false gives every activation memory of its own: slower to fit, handy to find faults.
MemoryPlan plan_memory(const Program&, bool share = true);

}  // namespace engine
