#include "kernels/base/philox.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "test/support/catch.h"

using namespace kernels;

namespace {

using Words = std::vector<std::uint32_t>;

Words block(PhiloxBlock counter, std::uint32_t key0, std::uint32_t key1) {
  const PhiloxBlock result = philox(counter, key0, key1);
  return {std::begin(result.words), std::end(result.words)};
}

Words first_bits(Random random, int count) {
  Words words;
  for (int i = 0; i < count; ++i) words.push_back(random.bits());
  return words;
}

}  // namespace

// From the authors' kat_vectors, for philox4x32-10: https://github.com/DEShawResearch/random123
TEST_CASE("philox gives its authors' known answers", "[philox]") {
  REQUIRE(block({{0, 0, 0, 0}}, 0, 0) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  REQUIRE(block({{~0u, ~0u, ~0u, ~0u}}, ~0u, ~0u) ==
          Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  REQUIRE(block({{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, 0xa4093822, 0x299f31d0) ==
          Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

// Runs go on where they were saved only as long as this stays.
TEST_CASE("a stream's numbers are the blocks of its counter", "[philox]") {
  const std::uint64_t seed = 0x299f31d0a4093822u;
  Words expected;
  for (std::uint32_t i = 0; i < 3; ++i) {
    const Words words = block({{i, 4, 7, 11}}, 0xa4093822, 0x299f31d0);
    expected.insert(expected.end(), words.begin(), words.end());
  }
  REQUIRE(static_cast<int>(RandomUse::Corrupt) == 4);
  REQUIRE(first_bits(Random(seed, RandomUse::Corrupt, 7, 11), 12) == expected);
}

TEST_CASE("whatever names a stream changes its numbers", "[philox]") {
  const std::set<Words> streams = {first_bits(Random(1, RandomUse::Augment, 2, 3), 8),
                                   first_bits(Random(2, RandomUse::Augment, 2, 3), 8),
                                   first_bits(Random(1 + (1ul << 32), RandomUse::Augment, 2, 3), 8),
                                   first_bits(Random(1, RandomUse::Shuffle, 2, 3), 8),
                                   first_bits(Random(1, RandomUse::Augment, 3, 2), 8),
                                   first_bits(Random(1, RandomUse::Augment, 3, 3), 8),
                                   first_bits(Random(1, RandomUse::Augment, 2, 2), 8)};
  REQUIRE(streams.size() == 7);
}

TEST_CASE("uniform numbers fill their interval evenly", "[philox]") {
  constexpr int kCells = 64, kCount = 64 * 1000;
  Random random(5, RandomUse::Test);
  std::vector<int> unit(kCells), cards(kCells);
  double sum = 0;
  for (int i = 0; i < kCount; ++i) {
    const float u = random.uniform();
    ++unit.at(static_cast<size_t>(u * kCells));  // throws where u is not in [0, 1)
    ++cards.at(random.below(kCells));
    sum += static_cast<double>(random.uniform(-3.0f, 5.0f));
  }
  // Chi-squared with 63 degrees of freedom: mean 63, standard deviation 11.2.
  for (const auto& cells : {unit, cards}) {
    double squares = 0;
    for (const int count : cells) squares += (count - 1000.0) * (count - 1000.0) / 1000.0;
    REQUIRE(squares > 63 - 4 * 11.2);
    REQUIRE(squares < 63 + 4 * 11.2);
  }
  const double deviation = 8 / std::sqrt(12.0 * kCount);  // of the mean of U(-3, 5)
  REQUIRE(std::abs(sum / kCount - 1) < 4 * deviation);
}

TEST_CASE("numbers below a bound stay below it", "[philox]") {
  Random random(6, RandomUse::Test);
  for (int i = 0; i < 100; ++i) REQUIRE(random.below(1) == 0);
  std::uint32_t most = 0;
  for (int i = 0; i < 100; ++i) most = std::max(most, random.below(~0u));
  REQUIRE(most > 0xf0000000u);
}
