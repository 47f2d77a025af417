#include "data/view_pixels.h"

#include <array>
#include <cmath>
#include <map>
#include <numbers>

#include "data/corrupt.h"
#include "kernels/base/philox.h"
#include "test/data/some_images.h"
#include "test/support/catch.h"

using namespace data;
using kernels::Random;
using kernels::RandomUse;

TEST_CASE("own log, square root, sin and cos agree with libm") {
  double log_error = 0, root_error = 0, turn_error = 0;
  for (int i = 0; i < 200'000; ++i) {
    const float x = (static_cast<float>(i) + .5f) * (i < 100'000 ? 1e-5f : 1e-2f);
    const double log = std::log(double{x});
    log_error = std::max(log_error, std::abs(natural_log(x) - log) / std::max(1.0, std::abs(log)));
    const double root = std::sqrt(double{x});
    root_error = std::max(root_error, std::abs(square_root(x) - root) / root);
    const std::uint32_t turn = static_cast<std::uint32_t>(i) * 21474u;
    const SinCos direction = sin_cos(turn);
    const double angle = 2 * std::numbers::pi * turn / 4294967296.0;
    turn_error = std::max({turn_error, std::abs(direction.sin - std::sin(angle)),
                           std::abs(direction.cos - std::cos(angle))});
  }
  CHECK(log_error < 2e-7);
  CHECK(root_error < 3e-7);
  CHECK(turn_error < 1.2e-7);
  CHECK(natural_log(1) == 0);
  CHECK(square_root(0) == 0);
  CHECK(sin_cos(0).cos == 1);
}

TEST_CASE("normal pairs have the moments of the normal distribution") {
  Random random(5, RandomUse::Test);
  const int pairs = 500'000;
  double sums[5] = {}, product = 0;
  int beyond_three = 0;
  for (int i = 0; i < pairs; ++i) {
    const std::uint32_t radius = random.bits();
    const NormalPair normal = normal_pair(radius, random.bits());
    for (const double n : {double{normal.first}, double{normal.second}}) {
      for (int power = 1; power <= 4; ++power) sums[power] += std::pow(n, power) / (2 * pairs);
      beyond_three += std::abs(n) > 3;
    }
    product += double{normal.first} * normal.second / pairs;
  }
  CHECK(std::abs(sums[1]) < 5e-3);
  CHECK(std::abs(sums[2] - 1) < 1e-2);
  CHECK(std::abs(sums[3]) < 2e-2);
  CHECK(std::abs(sums[4] - 3) < 5e-2);
  CHECK(std::abs(product) < 1e-2);
  CHECK(std::abs(beyond_three / (2.0 * pairs) - .0027) < 3e-4);
  // The extremes of the random words are numbers too.
  for (const std::uint32_t word : {0u, 1u, 0xffffffffu})
    CHECK(std::abs(normal_pair(word, word).first) < 6);
}

TEST_CASE("noise words are those of the stream, without walking there") {
  const std::uint64_t seed = 0x123456789abcdefull;
  Random random(seed, RandomUse::Corrupt, 7, view_stream(1000, 2));
  for (std::uint32_t block = 0; block < 5; ++block) {
    const kernels::PhiloxBlock words = noise_words(seed, 7, view_stream(1000, 2), block);
    for (const std::uint32_t word : words.words) CHECK(word == random.bits());
  }
}

TEST_CASE("bytes are rounded, clipped, wrapped and blended as documented") {
  CHECK(clipped_byte(-3) == 0);
  CHECK(clipped_byte(99.49f) == 99);
  CHECK(clipped_byte(99.5f) == 100);
  CHECK(clipped_byte(400) == 255);
  CHECK(wrapped_byte(250, 10.9f) == 4);
  CHECK(wrapped_byte(3, -5.9f) == 254);
  CHECK(wrapped_byte(3, -.9f) == 3);
  CHECK(luma(255, 255, 255) == 255);
  CHECK(luma(255, 0, 0) == 76);
  CHECK(luma(0, 255, 0) == 150);
  CHECK(blend(0, 200, 1.5f) == 255);
  CHECK(blend(100, 50, 2.5f) == 0);
  CHECK(blend(100, 200, .5f) == 150);
  CHECK(blend(7, 33, 1) == 33);
  CHECK(mean_luma(7, 2) == 4);
}

TEST_CASE("jitter draws every order equally often and factors in their range") {
  Random random(3, RandomUse::Test);
  std::map<std::array<int, 3>, int> orders;
  float low = 9, high = -9;
  for (int i = 0; i < 6000; ++i) {
    const Jitter jitter = draw_jitter(random, .5f);
    orders[{int(jitter.order[0]), int(jitter.order[1]), int(jitter.order[2])}]++;
    for (const float factor : jitter.factors) {
      low = std::min(low, factor);
      high = std::max(high, factor);
    }
  }
  REQUIRE(orders.size() == 6);
  for (const auto& [order, times] : orders) CHECK(std::abs(times - 1000) < 150);
  CHECK(low >= .5f);
  CHECK(low < .51f);
  CHECK(high < 1.5f);
  CHECK(high > 1.49f);
  for (int i = 0; i < 100; ++i)
    for (const float factor : draw_jitter(random, 2).factors) CHECK(factor >= 0);
}

TEST_CASE("rotation by quarter turns is exact and counterclockwise") {
  for (const auto [height, width] : {std::array{5, 5}, std::array{8, 8}}) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        Placement placement;
        rotate(placement, 0);
        Source source = source_of(placement, height, width, y, x);
        CHECK((source.inside && source.y == y && source.x == x));
        rotate(placement, 90);
        source = source_of(placement, height, width, y, x);
        CHECK((source.inside && source.y == x && source.x == width - 1 - y));
        rotate(placement, -180);
        source = source_of(placement, height, width, y, x);
        CHECK((source.inside && source.y == height - 1 - y && source.x == width - 1 - x));
      }
    }
  }
}

TEST_CASE("a small rotation moves each pixel to the nearest source of the exact rotation") {
  const int side = 32;
  for (const float degrees : {-30.0f, -7.3f, 12.5f, 29.9f}) {
    Placement placement;
    rotate(placement, degrees);
    const double angle = degrees * std::numbers::pi / 180;
    for (int y = 0; y < side; ++y) {
      for (int x = 0; x < side; ++x) {
        const double u = x + .5 - side / 2.0, v = y + .5 - side / 2.0;
        const double exact_x = std::cos(angle) * u - std::sin(angle) * v + side / 2.0;
        const double exact_y = std::sin(angle) * u + std::cos(angle) * v + side / 2.0;
        const Source source = source_of(placement, side, side, y, x);
        const bool far_from_edges =
            exact_x > .01 && exact_x < side - .01 && exact_y > .01 && exact_y < side - .01;
        const bool outside =
            exact_x < -.01 || exact_x > side + .01 || exact_y < -.01 || exact_y > side + .01;
        if (far_from_edges) {
          REQUIRE(source.inside);
          CHECK(std::abs(source.x + .5 - exact_x) < .502);
          CHECK(std::abs(source.y + .5 - exact_y) < .502);
        } else if (outside) {
          CHECK_FALSE(source.inside);
        }
      }
    }
  }
}

TEST_CASE("place() is source_of(), pixel by pixel, with and without its short way") {
  const Images images = test::random_images(1, 9, 13);
  const ImageSize size{9, 13};
  std::vector<std::uint8_t> placed(images.image_size());
  for (const float degrees : {0.0f, 21.0f})
    for (const int offset_y : {-4, 0, 3, 11})
      for (const int offset_x : {-14, -4, 0, 2})
        for (const bool flip : {false, true}) {
          Placement placement{offset_y, offset_x, flip};
          rotate(placement, degrees);
          place(images.image(0), size, placement, placed.data());
          bool same = true;
          for (int y = 0; y < 9; ++y)
            for (int x = 0; x < 13; ++x)
              for (int c = 0; c < 3; ++c) {
                const Source source = source_of(placement, 9, 13, y, x);
                const int expected =
                    source.inside ? images.pixels[(source.y * 13 + source.x) * 3 + c] : 0;
                same &= placed[(y * 13 + x) * 3 + c] == expected;
              }
          INFO("offset " << offset_y << " " << offset_x << ", flip " << flip);
          CHECK(same);
        }
}
