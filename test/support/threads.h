// Results must not depend on the number of threads, not even in the last bit.
#pragma once

#include <cstddef>
#include <cstring>
#include <tuple>
#include <utility>
#include <vector>

#include "kernels/base/context.h"
#include "test/support/catch.h"

namespace test {

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

template <class... Arrays>
bool same_bits(const std::tuple<Arrays...>& a, const std::tuple<Arrays...>& b) {
  return [&]<size_t... kIndex>(std::index_sequence<kIndex...>) {
    return (same_bits(std::get<kIndex>(a), std::get<kIndex>(b)) && ...);
  }
  (std::index_sequence_for<Arrays...>{});
}

// The result of run(Cpu), an array or a tuple of arrays, which is the same for 1, 2 and 3 threads.
template <class Run>
auto same_for_all_threads(const Run& run) {
  kernels::ThreadPool one(1);
  const auto result = run(kernels::Cpu{&one});
  for (const int threads : {2, 3}) {
    kernels::ThreadPool pool(threads);
    INFO("with " << threads << " threads");
    REQUIRE(same_bits(result, run(kernels::Cpu{&pool})));
  }
  return result;
}

}  // namespace test
