#include "test/support/random_array.h"

#include "kernels/base/bfloat16.h"
#include "kernels/base/philox.h"

namespace test {

namespace {

kernels::Random numbers(std::uint32_t stream) {
  return kernels::Random(2020, kernels::RandomUse::Test, stream);
}

}  // namespace

template <class T>
std::vector<T> random_array(long size, std::uint32_t stream, Bounds bounds) {
  kernels::Random random = numbers(stream);
  std::vector<T> result(static_cast<size_t>(size));
  for (T& element : result) element = T(random.uniform(bounds.low, bounds.high));
  return result;
}

std::vector<std::int32_t> random_labels(long size, int classes, std::uint32_t stream) {
  kernels::Random random = numbers(stream);
  std::vector<std::int32_t> result(static_cast<size_t>(size));
  for (std::int32_t& label : result) {
    label = static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(classes)));
  }
  return result;
}

template std::vector<float> random_array(long, std::uint32_t, Bounds);
template std::vector<kernels::bfloat16> random_array(long, std::uint32_t, Bounds);

}  // namespace test
