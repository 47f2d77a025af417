#include "kernels/dropout/dropout.h"

#include <cmath>

#include "kernels/base/philox.h"
#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/gradient_start.h"
#include "test/support/oracle_dropout.h"
#include "test/support/threads.h"

using namespace kernels;
using namespace test;

namespace {

// What is kept of an array of ones.
std::vector<float> kept_ones(const RandomWords& words, std::uint32_t layer, float probability) {
  ThreadPool pool(1);
  std::vector<float> y(40000, 1.0f);
  dropout(Cpu{&pool}, {40000},
          Dropout<float>{y.data(), words.data(), y.data(), probability, layer,
                         GradientMode::Overwrite});
  return y;
}

}  // namespace

TEMPLATE_TEST_CASE("dropout keeps what the step's random numbers say", "[dropout]", float,
                   bfloat16) {
  using T = TestType;
  const long size = GENERATE(1, 3, 17, 1000, 70001);
  const auto mode = GENERATE(GradientMode::Overwrite, GradientMode::Accumulate);
  const float probability = GENERATE(0.0f, 0.25f, 0.5f);
  const RandomWords words{7, 5, 1000001};
  const auto x = random_array<T>(size, 1), start = gradient_start<T>(size, mode);
  const auto y = same_for_all_threads([&](Cpu cpu) {
    auto result = start;
    dropout(cpu, {size}, Dropout<T>{x.data(), words.data(), result.data(), probability, 3, mode});
    if (mode == GradientMode::Overwrite) {
      auto in_place = x;
      dropout(cpu, {size},
              Dropout<T>{in_place.data(), words.data(), in_place.data(), probability, 3, mode});
      REQUIRE(same_bits(result, in_place));
    }
    return result;
  });
  const auto expected = oracle_dropout(widened(x), words, 3, double{probability});
  REQUIRE(normalised_error(y, after(start, mode, expected)) < kTolerance<T>);
}

TEST_CASE("dropout drops its share, and the mean stays", "[dropout]") {
  for (const float probability : {0.1f, 0.5f, 0.875f}) {
    const auto y = kept_ones({1, 2, 3}, 0, probability);
    const double size = static_cast<double>(y.size());
    double kept = 0, sum = 0;
    for (const float value : y) {
      kept += value != 0;
      sum += double{value};
    }
    const double p = double{probability}, deviation = std::sqrt(p * (1 - p) / size);
    INFO(probability);
    REQUIRE(std::abs(kept / size - (1 - p)) < 4 * deviation);
    REQUIRE(std::abs(sum / size - 1) < 4 * deviation / (1 - p));
  }
}

TEST_CASE("seed, step and layer each give other elements", "[dropout]") {
  const auto one = kept_ones({1, 2, 3}, 4, 0.5f);
  for (const auto& other : {kept_ones({0, 2, 3}, 4, 0.5f), kept_ones({1, 0, 3}, 4, 0.5f),
                            kept_ones({1, 2, 4}, 4, 0.5f), kept_ones({1, 2, 3}, 5, 0.5f)}) {
    int same = 0;
    for (std::size_t i = 0; i < one.size(); ++i) same += one[i] == other[i];
    REQUIRE(std::abs(same - 20000) < 4 * 100);  // as many as by chance
  }
}
