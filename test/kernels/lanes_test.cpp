#include "kernels/base/lanes.h"

#include <cmath>
#include <limits>

#include "kernels/base/philox.h"
#include "test/support/catch.h"
#include "test/support/random_array.h"
#include "test/support/threads.h"

using namespace kernels;
using namespace test;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Arrays have just `count` elements, so that a sanitizer sees an access past their end.
template <class T>
std::vector<T> some(int count, std::uint32_t stream) {
  return random_array<T>(count, stream);
}

}  // namespace

TEMPLATE_TEST_CASE("lanes are loaded and stored", "[lanes]", float, bfloat16) {
  using T = TestType;
  const int count = GENERATE(range(1, kLanes + 1));
  const auto from = some<T>(count, 1);
  const Lanes lanes = load(from.data(), count);
  for (int i = 0; i < kLanes; ++i)
    REQUIRE(lanes[i] == (i < count ? static_cast<float>(from[static_cast<size_t>(i)]) : 0.0f));
  auto to = some<T>(count, 2);
  store(to.data(), lanes, count);
  REQUIRE(same_bits(to, from));
  // What lies beyond is left alone.
  const auto before = some<T>(kLanes, 3);
  auto after = before;
  store(after.data(), lanes, count);
  for (int i = 0; i < kLanes; ++i) {
    const auto at = static_cast<size_t>(i);
    REQUIRE(static_cast<float>(after[at]) == static_cast<float>(i < count ? from[at] : before[at]));
  }
}

TEST_CASE("lanes become bfloat16 as one float does", "[lanes]") {
  Random random(7, RandomUse::Test);
  for (int repeat = 0; repeat < 20000; ++repeat) {
    Lanes lanes;
    bfloat16 stored[kLanes];
    for (int i = 0; i < kLanes; ++i) lanes[i] = std::bit_cast<float>(random.bits());
    if (repeat == 0) lanes[3] = kInfinity, lanes[5] = -kInfinity, lanes[7] = kNan;
    store(stored, lanes);
    for (int i = 0; i < kLanes; ++i) {
      const float one = bfloat16(static_cast<float>(lanes[i])), of_many = stored[i];
      const bool normal = std::abs(lanes[i]) >= std::numeric_limits<float>::min();
      if (!normal && of_many == 0) continue;
      if (std::isnan(one) ? !std::isnan(of_many) : of_many != one)
        FAIL(lanes[i] << " became " << of_many << " instead of " << one);
    }
  }
}

TEST_CASE("bits say which lanes a ReLU lets pass", "[lanes]") {
  Lanes lanes = all_lanes(-1.0f);
  lanes[1] = 1.0f;
  lanes[2] = 0.0f;
  lanes[3] = -0.0f;
  lanes[4] = kNan;
  lanes[5] = kInfinity;
  lanes[6] = -kInfinity;
  lanes[15] = std::numeric_limits<float>::denorm_min();
  REQUIRE(passing_bits(lanes) == 0b1000'0000'0011'0010u);
}

TEST_CASE("lanes are kept where a bit is set", "[lanes]") {
  Random random(8, RandomUse::Test);
  for (int repeat = 0; repeat < 100; ++repeat) {
    const std::uint32_t bits = random.bits();  // of which the upper half is for other lanes
    const Lanes kept = where(bits, all_lanes(3.0f));
    for (int i = 0; i < kLanes; ++i) REQUIRE(kept[i] == ((bits >> i) & 1u ? 3.0f : 0.0f));
  }
}
