#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/base/write.h"
#include "kernels/pooling/average_pooling.h"
#include "kernels/pooling/global_average.h"
#include "kernels/pooling/max_pooling.h"
#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/gradient_start.h"
#include "test/support/oracle_pooling.h"
#include "test/support/threads.h"
#include "test/support/workspace.h"

using namespace kernels;
using namespace test;

namespace {

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

constexpr GradientMode kModes[] = {GradientMode::Overwrite, GradientMode::Accumulate};

}  // namespace

TEMPLATE_TEST_CASE("max pooling", "[pooling]", float, bfloat16) {
  using T = TestType;
  const PoolingSizes s = GENERATE(from_range(std::begin(kPoolingSizes), std::end(kPoolingSizes)));
  const GradientMode mode = GENERATE(from_range(std::begin(kModes), std::end(kModes)));
  const auto x = random_array<T>(x_size(s), 1), d_y = random_array<T>(y_size(s), 2);
  const auto start = gradient_start<T>(x_size(s), mode);
  const auto [y, argmax, d_x] = same_for_all_threads([&](Cpu cpu) {
    std::vector<T> forward(d_y.size()), backward = start;
    std::vector<std::uint8_t> positions(d_y.size());
    max_pooling_forward(cpu, s, MaxPoolingForward<T>{x.data(), forward.data(), positions.data()});
    max_pooling_backward(
        cpu, s, MaxPoolingBackward<T>{d_y.data(), positions.data(), backward.data(), mode});
    return std::tuple(forward, positions, backward);
  });
  const MaxOracle expected = max_oracle(s, widened(x));
  REQUIRE(widened(y) == expected.y);
  REQUIRE(argmax == expected.argmax);
  const auto gradient = max_gradient(expected, widened(d_y), x.size());
  REQUIRE(normalised_error(d_x, after(start, mode, gradient)) < kTolerance<T>);
}

TEST_CASE("max pooling's gradient is the slope of its sum", "[pooling]") {
  const PoolingSizes s{2, 5, 4, 3, 3, 2, 1};
  const auto x = random_array<float>(x_size(s), 1), d_y = random_array<float>(y_size(s), 2);
  std::vector<float> y(d_y.size()), d_x(x.size());
  std::vector<std::uint8_t> argmax(d_y.size());
  ThreadPool pool(1);
  max_pooling_forward(Cpu{&pool}, s, MaxPoolingForward<float>{x.data(), y.data(), argmax.data()});
  max_pooling_backward(
      Cpu{&pool}, s,
      MaxPoolingBackward<float>{d_y.data(), argmax.data(), d_x.data(), GradientMode::Overwrite});
  const auto slope = numeric_gradient(
      [&](const std::vector<double>& at) { return dot(max_oracle(s, at).y, widened(d_y)); },
      widened(x));
  REQUIRE(normalised_error(d_x, slope) < 1e-6);
}

TEST_CASE("max pooling of equal values takes the first, of NaN the NaN", "[pooling]") {
  const PoolingSizes s{1, 4, 4, 20, 2, 2, 0};
  std::vector<float> x(static_cast<size_t>(x_size(s)), 3.0f), y(static_cast<size_t>(y_size(s)));
  std::vector<std::uint8_t> argmax(y.size(), 9);
  ThreadPool pool(1);
  const MaxPoolingForward<float> arguments{x.data(), y.data(), argmax.data()};
  max_pooling_forward(Cpu{&pool}, s, arguments);
  REQUIRE(y == std::vector<float>(y.size(), 3.0f));
  REQUIRE(argmax == std::vector<std::uint8_t>(y.size(), 0));

  std::fill(x.begin(), x.end(), -std::numeric_limits<float>::infinity());
  max_pooling_forward(Cpu{&pool}, s, arguments);
  REQUIRE(argmax == std::vector<std::uint8_t>(y.size(), 0));

  x[20] = std::numeric_limits<float>::quiet_NaN();  // row 0, column 1, channel 0
  max_pooling_forward(Cpu{&pool}, s, arguments);
  REQUIRE(std::isnan(y[0]));
  REQUIRE(argmax[0] == 1);
  REQUIRE(!std::isnan(y[1]));
}

TEMPLATE_TEST_CASE("average pooling", "[pooling]", float, bfloat16) {
  using T = TestType;
  const PoolingSizes s = GENERATE(from_range(std::begin(kPoolingSizes), std::end(kPoolingSizes)));
  const GradientMode mode = GENERATE(from_range(std::begin(kModes), std::end(kModes)));
  const auto x = random_array<T>(x_size(s), 1), d_y = random_array<T>(y_size(s), 2);
  const auto start = gradient_start<T>(x_size(s), mode);
  const auto [y, d_x] = same_for_all_threads([&](Cpu cpu) {
    std::vector<T> forward(d_y.size()), backward = start;
    average_pooling_forward(cpu, s, AveragePoolingForward<T>{x.data(), forward.data()});
    average_pooling_backward(cpu, s, AveragePoolingBackward<T>{d_y.data(), backward.data(), mode});
    return std::tuple(forward, backward);
  });
  REQUIRE(normalised_error(y, average_oracle(s, widened(x))) < kTolerance<T>);
  const auto gradient = average_gradient(s, widened(d_y));
  REQUIRE(normalised_error(d_x, after(start, mode, gradient)) < kTolerance<T>);
  if (x.size() > 200) return;
  const auto slope = numeric_gradient(
      [&](const std::vector<double>& at) { return dot(average_oracle(s, at), widened(d_y)); },
      widened(x));
  REQUIRE(normalised_error(gradient, slope) < 1e-6);
}

TEMPLATE_TEST_CASE("global average", "[pooling]", float, bfloat16) {
  using T = TestType;
  const GlobalAverageSizes s =
      GENERATE(GlobalAverageSizes{1, 1, 1, 1}, GlobalAverageSizes{2, 3, 5, 7},
               GlobalAverageSizes{10, 4, 4, 33}, GlobalAverageSizes{35, 7, 7, 130});
  const GradientMode mode = GENERATE(from_range(std::begin(kModes), std::end(kModes)));
  const int pixels = s.height * s.width;
  const long features = long{s.images} * s.channels;
  const auto x = random_array<T>(features * pixels, 1);
  const auto d_y = random_array<float>(features, 2);
  const auto start = gradient_start<T>(features * pixels, mode);
  const auto [y, d_x] = same_for_all_threads([&](Cpu cpu) {
    std::vector<float> forward(d_y.size());
    std::vector<T> backward = start;
    global_average_forward(cpu, s, GlobalAverageForward<T>{x.data(), forward.data()});
    global_average_backward(cpu, s, GlobalAverageBackward<T>{d_y.data(), backward.data(), mode});
    return std::tuple(forward, backward);
  });
  const auto [expected, gradient] = global_average_oracle(s, widened(x), widened(d_y));
  REQUIRE(normalised_error(y, expected) < 1e-6);
  REQUIRE(normalised_error(d_x, after(start, mode, gradient)) < kTolerance<T>);
}

// Results of 1 MiB are, where the arena puts them; one element on prevents it.
TEMPLATE_TEST_CASE("results of pooling are the same when stored past the caches", "[pooling]",
                   float, bfloat16) {
  using T = TestType;
  const PoolingSizes s{14, 32, 30, 48, 2, 1, 0};
  const GlobalAverageSizes global{s.images, s.height, s.width, s.channels};
  const auto x = random_array<T>(x_size(s), 1), d_y = random_array<T>(y_size(s), 2);
  const auto feature_gradient = random_array<float>(long{s.images} * s.channels, 3);
  std::vector<std::uint8_t> argmax(d_y.size());
  ThreadPool pool(2);
  const Cpu cpu{&pool};
  std::vector<T> maxima(d_y.size());
  max_pooling_forward(cpu, s, MaxPoolingForward<T>{x.data(), maxima.data(), argmax.data()});
  const auto run = [&](std::size_t offset, std::size_t size, const auto& kernel) {
    Workspace result((size + offset) * sizeof(T));
    T* to = static_cast<T*>(result.data()) + offset;
    REQUIRE(way_to_write<T>(to, static_cast<long>(size) / s.channels, s.channels, {}) ==
            (offset ? Write::Store : Write::Stream));
    kernel(to);
    REQUIRE(result.kept_within());
    return std::vector<T>(to, to + size);
  };
  const auto check = [&](std::size_t size, const auto& kernel) {
    REQUIRE(same_bits(run(0, size, kernel), run(1, size, kernel)));
  };
  const GradientMode mode = GradientMode::Overwrite;
  check(d_y.size(), [&](T* y) {
    average_pooling_forward(cpu, s, AveragePoolingForward<T>{x.data(), y});
  });
  check(x.size(), [&](T* d_x) {
    average_pooling_backward(cpu, s, AveragePoolingBackward<T>{d_y.data(), d_x, mode});
  });
  check(x.size(), [&](T* d_x) {
    max_pooling_backward(cpu, s, MaxPoolingBackward<T>{d_y.data(), argmax.data(), d_x, mode});
  });
  check(x.size(), [&](T* d_x) {
    global_average_backward(cpu, global,
                            GlobalAverageBackward<T>{feature_gradient.data(), d_x, mode});
  });
}
