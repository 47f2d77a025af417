#include "kernels/sgd/sgd.h"

#include "test/cuda/every_order.h"
#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/oracle_sgd.h"
#include "test/support/random_array.h"

using namespace kernels;
using namespace test;

TEST_CASE("sgd takes PyTorch's steps", "[sgd]") {
  const long size = GENERATE(1, 3, 17, 1000, 4097);
  // lr, momentum, weight decay, nesterov
  const auto knobs = GENERATE(std::vector<float>{0.1f, 0.9f, 5e-4f, 0.0f},
                              std::vector<float>{0.1f, 0.9f, 5e-4f, 1.0f},
                              std::vector<float>{0.5f, 0.0f, 0.0f, 0.0f});
  const auto start = random_array<float>(size, 1);
  const auto n = static_cast<std::size_t>(size);
  const auto [w, m] = same_in_every_order([&](Cuda cuda) {
    const DeviceArray<float> weights(start), momentum(std::vector<float>(n, 0.0f)), given(knobs);
    for (std::uint32_t step = 0; step < 2; ++step) {
      const DeviceArray<float> d_w(random_array<float>(size, 2 + step));
      sgd(cuda, {size}, {d_w.data(), given.data(), weights.data(), momentum.data()});
    }
    return std::tuple(weights.host(), momentum.host());
  });
  std::vector<double> expected = widened(start), expected_m(n);
  for (std::uint32_t step = 0; step < 2; ++step)
    oracle_sgd(expected, expected_m, widened(random_array<float>(size, 2 + step)), knobs,
               step == 0);
  REQUIRE(normalised_error(w, expected) < 1e-6);
  if (knobs[kMomentum] != 0) REQUIRE(normalised_error(m, expected_m) < 1e-6);
}
