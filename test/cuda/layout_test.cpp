#include "kernels/layout/layout.h"

#include "test/cuda/every_order.h"
#include "test/cuda/shifted_array.h"
#include "test/support/catch.h"
#include "test/support/contains.h"
#include "test/support/gradient_start.h"
#include "test/support/oracle_layout.h"

using namespace kernels;
using namespace test;

TEMPLATE_TEST_CASE("weights to channels last and back", "[layout]", float, bfloat16) {
  using T = TestType;
  const WeightLayoutSizes s =
      GENERATE(from_range(std::begin(kWeightLayouts), std::end(kWeightLayouts)));
  const auto mode = GENERATE(GradientMode::Overwrite, GradientMode::Accumulate);
  const std::size_t shift = GENERATE(0u, 1u);
  const auto x = random_array<float>(x_size(s), 1), start = gradient_start<float>(x_size(s), mode);
  const auto gradient = padded_array<T>(s, 2);
  const auto [y, d_x] = same_in_every_order([&](Cuda cuda) {
    const ShiftedArray<float> given(x, shift), back(start, shift);
    const ShiftedArray<T> last(gradient, shift), upstream(gradient, shift);
    weights_to_channels_last(cuda, s, WeightsToChannelsLast<T>{given.data(), last.data()});
    weights_from_channels_last(cuda, s,
                               WeightsFromChannelsLast<T>{upstream.data(), back.data(), mode});
    return std::tuple(last.host(), back.host());
  });
  REQUIRE(same_bits(y, oracle_to<T>(s, x)));
  REQUIRE(same_bits(d_x, oracle_from(s, gradient, start, mode)));
}

TEMPLATE_TEST_CASE("channels of pixels padded and dropped", "[layout]", (std::tuple<float, float>),
                   (std::tuple<float, bfloat16>), (std::tuple<bfloat16, bfloat16>)) {
  using X = std::tuple_element_t<0, TestType>;
  using Y = std::tuple_element_t<1, TestType>;
  const PixelLayoutSizes s =
      GENERATE(from_range(std::begin(kPixelLayouts), std::end(kPixelLayouts)));
  const auto mode = GENERATE(GradientMode::Overwrite, GradientMode::Accumulate);
  const std::size_t shift = GENERATE(0u, 1u);
  const auto x = random_array<X>(x_size(s), 1), start = gradient_start<X>(x_size(s), mode);
  const auto gradient = padded_array<Y>(s, 2);
  const auto [y, d_x] = same_in_every_order([&](Cuda cuda) {
    const ShiftedArray<X> given(x, shift), back(start, shift);
    const ShiftedArray<Y> padded(gradient, shift), upstream(gradient, shift);
    pad_channels(cuda, s, PadChannels<X, Y>{given.data(), padded.data()});
    drop_channels(cuda, s, DropChannels<X, Y>{upstream.data(), back.data(), mode});
    return std::tuple(padded.host(), back.host());
  });
  REQUIRE(same_bits(y, oracle_to<Y>(s, x)));
  REQUIRE(same_bits(d_x, oracle_from(s, gradient, start, mode)));
}

TEST_CASE("weights of too many taps are refused", "[layout]") {
  REQUIRE_THROWS_WITH(
      weights_to_channels_last(cuda(), {1, 1, 1, 2000}, WeightsToChannelsLast<float>{}),
      test_support::contains("2000 taps"));
}
