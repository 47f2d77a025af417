#include "kernels/layout/layout.h"

#include "test/support/catch.h"
#include "test/support/gradient_start.h"
#include "test/support/oracle_layout.h"
#include "test/support/threads.h"

using namespace kernels;
using namespace test;

TEMPLATE_TEST_CASE("weights to channels last and back", "[layout]", float, bfloat16) {
  using T = TestType;
  const WeightLayoutSizes s =
      GENERATE(from_range(std::begin(kWeightLayouts), std::end(kWeightLayouts)));
  const auto mode = GENERATE(GradientMode::Overwrite, GradientMode::Accumulate);
  const auto x = random_array<float>(x_size(s), 1), start = gradient_start<float>(x_size(s), mode);
  const auto gradient = padded_array<T>(s, 2);
  const auto [y, d_x] = same_for_all_threads([&](Cpu cpu) {
    auto last = gradient;
    auto back = start;
    weights_to_channels_last(cpu, s, WeightsToChannelsLast<T>{x.data(), last.data()});
    weights_from_channels_last(cpu, s,
                               WeightsFromChannelsLast<T>{gradient.data(), back.data(), mode});
    return std::tuple(last, back);
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
  const auto x = random_array<X>(x_size(s), 1), start = gradient_start<X>(x_size(s), mode);
  const auto gradient = padded_array<Y>(s, 2);
  const auto [y, d_x] = same_for_all_threads([&](Cpu cpu) {
    auto padded = gradient;
    auto back = start;
    pad_channels(cpu, s, PadChannels<X, Y>{x.data(), padded.data()});
    drop_channels(cpu, s, DropChannels<X, Y>{gradient.data(), back.data(), mode});
    return std::tuple(padded, back);
  });
  REQUIRE(same_bits(y, oracle_to<Y>(s, x)));
  REQUIRE(same_bits(d_x, oracle_from(s, gradient, start, mode)));
}

TEST_CASE("a padded convolution's weights come back as they were", "[layout]") {
  const WeightLayoutSizes s{64, 3, 8, 9};
  const auto x = random_array<float>(x_size(s), 1);
  std::vector<float> y(static_cast<size_t>(y_size(s))), back(x.size());
  ThreadPool pool(1);
  weights_to_channels_last(Cpu{&pool}, s, WeightsToChannelsLast<float>{x.data(), y.data()});
  weights_from_channels_last(
      Cpu{&pool}, s,
      WeightsFromChannelsLast<float>{y.data(), back.data(), GradientMode::Overwrite});
  REQUIRE(same_bits(back, x));
}
