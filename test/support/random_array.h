// Arrays of random numbers for tests: the same on every run, different for every stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace test {

struct Bounds {
  float low = -1.0f, high = 1.0f;
};

template <class T>  // float or bfloat16
std::vector<T> random_array(long size, std::uint32_t stream, Bounds bounds = {});

// In 0 .. classes - 1.
std::vector<std::int32_t> random_labels(long size, int classes, std::uint32_t stream);

}  // namespace test
