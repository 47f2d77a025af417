#include "kernels/sgd/sgd.h"

#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/oracle_sgd.h"
#include "test/support/random_array.h"
#include "test/support/threads.h"

using namespace kernels;
using namespace test;

TEST_CASE("sgd takes PyTorch's steps", "[sgd]") {
  const long size = GENERATE(1, 3, 17, 1000, 70001);
  // lr, momentum, weight decay, nesterov
  const auto knobs = GENERATE(std::vector<float>{0.1f, 0.9f, 5e-4f, 0.0f},
                              std::vector<float>{0.1f, 0.9f, 5e-4f, 1.0f},
                              std::vector<float>{0.5f, 0.0f, 0.0f, 0.0f});
  const auto start = random_array<float>(size, 1);
  const auto [w, m] = same_for_all_threads([&](Cpu cpu) {
    auto weights = start;
    std::vector<float> momentum(start.size(), 0.0f), scheduled = knobs;
    for (std::uint32_t step = 0; step < 3; ++step) {
      const auto d_w = random_array<float>(size, 2 + step);
      sgd(cpu, {size}, {d_w.data(), scheduled.data(), weights.data(), momentum.data()});
      scheduled[kLearningRate] *= 0.5f;
    }
    return std::tuple(weights, momentum);
  });
  std::vector<double> expected = widened(start), expected_m(start.size());
  std::vector<float> scheduled = knobs;
  for (std::uint32_t step = 0; step < 3; ++step) {
    oracle_sgd(expected, expected_m, widened(random_array<float>(size, 2 + step)), scheduled,
               step == 0);
    scheduled[kLearningRate] *= 0.5f;
  }
  REQUIRE(normalised_error(w, expected) < 1e-6);
  if (knobs[kMomentum] != 0) REQUIRE(normalised_error(m, expected_m) < 1e-6);
}

TEST_CASE("sgd with a learning rate of 0 leaves the weights alone", "[sgd]") {
  const auto start = random_array<float>(100, 1), d_w = random_array<float>(100, 2);
  auto w = start;
  std::vector<float> m(100, 0.0f);
  const float knobs[kSgdKnobs] = {0.0f, 0.9f, 0.0f, 0.0f};
  ThreadPool pool(1);
  sgd(Cpu{&pool}, {100}, {d_w.data(), knobs, w.data(), m.data()});
  REQUIRE(w == start);
  REQUIRE(m == d_w);
}
