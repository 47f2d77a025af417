#include <cmath>
#include <limits>

#include "kernels/pooling/average_pooling.h"
#include "kernels/pooling/global_average.h"
#include "kernels/pooling/max_pooling.h"
#include "test/cuda/every_order.h"
#include "test/cuda/shifted_array.h"
#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/gradient_start.h"
#include "test/support/oracle_pooling.h"

using namespace kernels;
using namespace test;

namespace {

// Those of the CPU that are affordable here; then rows that have several parts, rows of which
// several share a block, and 2, 4, 8 channels at a time.
std::vector<PoolingSizes> pooling_sizes() {
  std::vector<PoolingSizes> sizes;
  for (const PoolingSizes& s : kPoolingSizes)
    if (x_size(s) < 10'000) sizes.push_back(s);
  for (const PoolingSizes& s :
       {PoolingSizes{2, 3, 4, 1032, 2, 2, 0}, PoolingSizes{1, 3, 90, 20, 3, 2, 1},
        PoolingSizes{3, 9, 8, 16, 2, 2, 0}, PoolingSizes{2, 6, 6, 22, 3, 1, 1},
        PoolingSizes{5, 5, 4, 130, 3, 2, 1}, PoolingSizes{1, 5, 7, 300, 3, 2, 1}})
    sizes.push_back(s);
  return sizes;
}

constexpr GradientMode kModes[] = {GradientMode::Overwrite, GradientMode::Accumulate};

// y and argmax, which is that of the CPU too.
template <class T>
auto max_pooling_like_cpu(const PoolingSizes& s, const std::vector<T>& x) {
  const auto outputs = static_cast<size_t>(y_size(s));
  const auto result = same_in_every_order([&](Cuda cuda) {
    const DeviceArray<T> given(x), y(outputs);
    const DeviceArray<std::uint8_t> argmax(outputs);
    max_pooling_forward(cuda, s, MaxPoolingForward<T>{given.data(), y.data(), argmax.data()});
    return std::tuple(y.host(), argmax.host());
  });
  ThreadPool pool(1);
  std::vector<T> y(outputs);
  std::vector<std::uint8_t> argmax(outputs);
  max_pooling_forward(Cpu{&pool}, s, MaxPoolingForward<T>{x.data(), y.data(), argmax.data()});
  REQUIRE(argmax == std::get<1>(result));
  return result;
}

}  // namespace

TEMPLATE_TEST_CASE("max pooling", "[pooling]", float, bfloat16) {
  using T = TestType;
  const PoolingSizes s = GENERATE(from_range(pooling_sizes()));
  const GradientMode mode = GENERATE(from_range(std::begin(kModes), std::end(kModes)));
  const std::size_t shift = s.channels == 16 ? 1 : 0;
  const auto x = random_array<T>(x_size(s), 1), d_y = random_array<T>(y_size(s), 2);
  const auto start = gradient_start<T>(x_size(s), mode);
  const auto [y, argmax, d_x] = same_in_every_order([&](Cuda cuda) {
    const ShiftedArray<T> given(x, shift), upstream(d_y, shift), backward(start, shift);
    const DeviceArray<T> forward(d_y.size());
    const DeviceArray<std::uint8_t> positions(d_y.size());
    max_pooling_forward(cuda, s,
                        MaxPoolingForward<T>{given.data(), forward.data(), positions.data()});
    max_pooling_backward(
        cuda, s, MaxPoolingBackward<T>{upstream.data(), positions.data(), backward.data(), mode});
    return std::tuple(forward.host(), positions.host(), backward.host());
  });
  const MaxOracle expected = max_oracle(s, widened(x));
  REQUIRE(widened(y) == expected.y);
  REQUIRE(argmax == expected.argmax);
  const auto gradient = max_gradient(expected, widened(d_y), x.size());
  REQUIRE(normalised_error(d_x, after(start, mode, gradient)) < kTolerance<T>);
  ThreadPool pool(1);
  auto on_cpu = start;
  max_pooling_backward(Cpu{&pool}, s,
                       MaxPoolingBackward<T>{d_y.data(), argmax.data(), on_cpu.data(), mode});
  REQUIRE(same_bits(d_x, on_cpu));
}

TEMPLATE_TEST_CASE("max pooling of equal values takes the first, of NaN the NaN", "[pooling]",
                   float, bfloat16) {
  using T = TestType;
  const PoolingSizes s{1, 4, 4, 20, 2, 2, 0};
  const auto size = static_cast<size_t>(x_size(s)), outputs = static_cast<size_t>(y_size(s));
  const auto run = [&](const std::vector<T>& x) { return max_pooling_like_cpu(s, x); };
  const std::vector<std::uint8_t> firsts(outputs, 0);
  std::vector<T> x(size, T(3.0f));
  REQUIRE(widened(std::get<0>(run(x))) == std::vector<double>(outputs, 3.0));
  REQUIRE(std::get<1>(run(x)) == firsts);
  std::fill(x.begin(), x.end(), T(-std::numeric_limits<float>::infinity()));
  REQUIRE(std::get<1>(run(x)) == firsts);

  x[20] = T(std::numeric_limits<float>::quiet_NaN());  // row 0, column 1, channel 0
  const auto [y, argmax] = run(x);
  REQUIRE(std::isnan(static_cast<float>(y[0])));
  REQUIRE(argmax[0] == 1);
  REQUIRE(!std::isnan(static_cast<float>(y[1])));
}

TEST_CASE("max pooling never takes the padding, not even for minus infinity", "[pooling]") {
  const PoolingSizes s{1, 4, 4, 1, 3, 2, 1};
  const std::vector<float> x(16, -std::numeric_limits<float>::infinity());
  const auto [y, argmax] = max_pooling_like_cpu(s, x);
  REQUIRE(argmax == std::vector<std::uint8_t>{4, 3, 1, 0});  // of 3 x 3
}

TEMPLATE_TEST_CASE("average pooling", "[pooling]", float, bfloat16) {
  using T = TestType;
  const PoolingSizes s = GENERATE(from_range(pooling_sizes()));
  const GradientMode mode = GENERATE(from_range(std::begin(kModes), std::end(kModes)));
  const std::size_t shift = s.channels == 16 ? 1 : 0;
  const auto x = random_array<T>(x_size(s), 1), d_y = random_array<T>(y_size(s), 2);
  const auto start = gradient_start<T>(x_size(s), mode);
  const auto [y, d_x] = same_in_every_order([&](Cuda cuda) {
    const ShiftedArray<T> given(x, shift), upstream(d_y, shift), backward(start, shift);
    const DeviceArray<T> forward(d_y.size());
    average_pooling_forward(cuda, s, AveragePoolingForward<T>{given.data(), forward.data()});
    average_pooling_backward(cuda, s,
                             AveragePoolingBackward<T>{upstream.data(), backward.data(), mode});
    return std::tuple(forward.host(), backward.host());
  });
  REQUIRE(normalised_error(y, average_oracle(s, widened(x))) < kTolerance<T>);
  const auto gradient = average_gradient(s, widened(d_y));
  REQUIRE(normalised_error(d_x, after(start, mode, gradient)) < kTolerance<T>);

  // The CPU adds in the same order.
  ThreadPool pool(1);
  std::vector<T> forward(d_y.size()), backward = start;
  average_pooling_forward(Cpu{&pool}, s, AveragePoolingForward<T>{x.data(), forward.data()});
  REQUIRE(same_bits(y, forward));
  if (mode == GradientMode::Accumulate) return;  // there, multiply and add may be one rounding
  average_pooling_backward(Cpu{&pool}, s,
                           AveragePoolingBackward<T>{d_y.data(), backward.data(), mode});
  REQUIRE(same_bits(d_x, backward));
}

TEMPLATE_TEST_CASE("global average", "[pooling]", float, bfloat16) {
  using T = TestType;
  const GlobalAverageSizes s =
      GENERATE(GlobalAverageSizes{1, 1, 1, 1}, GlobalAverageSizes{2, 3, 5, 7},
               GlobalAverageSizes{10, 4, 4, 33}, GlobalAverageSizes{3, 7, 7, 130},
               GlobalAverageSizes{5, 8, 8, 64}, GlobalAverageSizes{2, 4, 4, 520});
  const GradientMode mode = GENERATE(from_range(std::begin(kModes), std::end(kModes)));
  const std::size_t shift = GENERATE(0u, 1u);
  const long features = long{s.images} * s.channels, size = features * s.height * s.width;
  const auto x = random_array<T>(size, 1);
  const auto d_y = random_array<float>(features, 2);
  const auto start = gradient_start<T>(size, mode);
  const auto [y, d_x] = same_in_every_order([&](Cuda cuda) {
    const ShiftedArray<T> given(x, shift), backward(start, shift);
    const DeviceArray<float> forward(d_y.size()), upstream(d_y);
    global_average_forward(cuda, s, GlobalAverageForward<T>{given.data(), forward.data()});
    global_average_backward(cuda, s,
                            GlobalAverageBackward<T>{upstream.data(), backward.data(), mode});
    return std::tuple(forward.host(), backward.host());
  });
  const auto [expected, gradient] = global_average_oracle(s, widened(x), widened(d_y));
  REQUIRE(normalised_error(y, expected) < 1e-6);
  REQUIRE(normalised_error(d_x, after(start, mode, gradient)) < kTolerance<T>);
}

TEMPLATE_TEST_CASE("one array decides how wide all accesses of a pooling are", "[pooling]", float,
                   bfloat16) {
  using T = TestType;
  const PoolingSizes s{2, 5, 4, 16, 2, 2, 0};
  const auto mode = GradientMode::Overwrite;
  const auto x = random_array<T>(x_size(s), 1), d_y = random_array<T>(y_size(s), 2);
  const auto features = random_array<float>(long{s.images} * s.channels, 3);
  const GlobalAverageSizes g{s.images, s.height, s.width, s.channels};
  const auto features_of_x = global_average_oracle(g, widened(x), widened(features)).first;
  enum { kX, kY, kArgmax, kUpstream, kGradient, kArrays };
  const auto run = [&](int shifted) {
    const auto by = [&](int array) -> std::size_t { return array == shifted; };
    const ShiftedArray<T> given(x, by(kX)), y(d_y, by(kY)), average(d_y, by(kY));
    const ShiftedArray<T> upstream(d_y, by(kUpstream)), d_x(x, by(kGradient));
    const ShiftedArray<T> d_average(x, by(kGradient)), d_global(x, by(kGradient));
    const ShiftedArray<std::uint8_t> argmax(std::vector<std::uint8_t>(d_y.size()), by(kArgmax));
    const ShiftedArray<float> global(features, by(kY)), d_features(features, by(kUpstream));
    const Cuda c = cuda();
    max_pooling_forward(c, s, MaxPoolingForward<T>{given.data(), y.data(), argmax.data()});
    max_pooling_backward(c, s,
                         MaxPoolingBackward<T>{upstream.data(), argmax.data(), d_x.data(), mode});
    average_pooling_forward(c, s, AveragePoolingForward<T>{given.data(), average.data()});
    average_pooling_backward(c, s,
                             AveragePoolingBackward<T>{upstream.data(), d_average.data(), mode});
    global_average_forward(c, g, GlobalAverageForward<T>{given.data(), global.data()});
    global_average_backward(c, g,
                            GlobalAverageBackward<T>{d_features.data(), d_global.data(), mode});
    REQUIRE(normalised_error(global.host(), features_of_x) < 1e-6);  // in another order of sums
    return std::tuple(y.host(), argmax.host(), d_x.host(), average.host(), d_average.host(),
                      d_global.host());
  };
  const int shifted = GENERATE(range(0, int{kArrays}));
  REQUIRE(same_bits(run(shifted), run(kArrays)));
}
