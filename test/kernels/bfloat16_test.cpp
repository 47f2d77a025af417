#include "kernels/base/bfloat16.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "test/support/catch.h"

using kernels::bfloat16;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

bfloat16 from_bits(std::uint32_t bits) {
  bfloat16 result;
  result.bits = static_cast<std::uint16_t>(bits);
  return result;
}

// As a number of the format without a greatest one, so that what rounds to infinity is nearest.
double wide(bfloat16 value) {
  const float narrow = value;
  return std::isinf(narrow) ? std::copysign(0x1p128, static_cast<double>(narrow)) : narrow;
}

}  // namespace

TEST_CASE("every bfloat16 is a float and comes back from it", "[bfloat16]") {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = from_bits(bits);
    const bfloat16 back(value);
    if (std::isnan(value)) {
      REQUIRE(std::isnan(static_cast<float>(back)));
    } else {
      REQUIRE(back.bits == bits);
    }
  }
}

TEST_CASE("a float becomes the nearest bfloat16, of two the even one", "[bfloat16]") {
  for (std::uint32_t bits = 0; bits < 0x7f80; ++bits) {
    for (const std::uint32_t sign : {0u, 0x8000u}) {
      const bfloat16 below = from_bits(sign | bits), above = from_bits(sign | (bits + 1));
      const auto middle = static_cast<float>((wide(below) + wide(above)) / 2);  // exact
      const bfloat16 even = bits % 2 == 0 ? below : above;
      REQUIRE(bfloat16(middle).bits == even.bits);
      REQUIRE(bfloat16(std::nextafter(middle, static_cast<float>(below))).bits == below.bits);
      REQUIRE(bfloat16(std::nextafter(middle, static_cast<float>(above))).bits == above.bits);
    }
  }
}

TEST_CASE("bfloat16 at the edges of its range", "[bfloat16]") {
  REQUIRE(bfloat16().bits == 0);
  REQUIRE(bfloat16(-0.0f).bits == 0x8000);
  REQUIRE(bfloat16(1.0f).bits == 0x3f80);
  REQUIRE(bfloat16(kInfinity).bits == 0x7f80);
  REQUIRE(bfloat16(-kInfinity).bits == 0xff80);
  REQUIRE(bfloat16(std::numeric_limits<float>::max()).bits == 0x7f80);
  REQUIRE(bfloat16(std::numeric_limits<float>::denorm_min()).bits == 0);
  // NaN with all its bits in the lower half, and one whose bits rounding would carry into the sign.
  for (const std::uint32_t nan : {0x7f800001u, 0x7fffffffu, 0xffffffffu, 0xff800001u}) {
    float value;
    std::memcpy(&value, &nan, sizeof value);
    REQUIRE(std::isnan(static_cast<float>(bfloat16(value))));
  }
}
