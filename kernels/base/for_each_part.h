// Shares the items of a memory-bound kernel among the threads of a Cpu.
#pragma once

#include <algorithm>

#include "kernels/base/context.h"

namespace kernels {

// Calls f(Range) for parts that together are the items [0, count), each exactly once. An item is
// `item_size` elements of work (say, the channels of a pixel); where the cuts lie depends on these
// two numbers alone.
template <class F>
void for_each_part(Cpu cpu, long count, long item_size, const F& f) {
  const int parts =
      static_cast<int>(std::clamp<long>(count, 1, parts_for(count * std::max(item_size, 1L))));
  cpu.pool->run(parts, [&](int part, int) { f(part_of(count, parts, part)); });
}

}  // namespace kernels
