// A kernel without races gives the same bits in whatever order its blocks, warps and lanes run.
#pragma once

#include "test/cuda/device_array.h"
#include "test/support/threads.h"

namespace test {

// The result of run(Cuda), an array or a tuple of arrays, which is the same for three orders.
template <class Run>
auto same_in_every_order(const Run& run) {
  set_order(1);
  const auto result = run(cuda());
  for (const unsigned seed : {2u, 3u}) {
    INFO("in order " << seed);
    set_order(seed);
    REQUIRE(same_bits(result, run(cuda())));
  }
  return result;
}

}  // namespace test
