#include "kernels/base/divisor.h"

#include <limits>

#include "kernels/base/philox.h"
#include "test/support/catch.h"

using namespace kernels;

TEST_CASE("a divisor divides like the operator", "[divisor]") {
  constexpr int kMost = std::numeric_limits<int>::max();
  Random random(3, RandomUse::Test);
  const auto check = [&](int d) {
    const Divisor divisor(d);
    const auto at = [&](int n) {
      if (divisor.quotient(n) != n / d || divisor.remainder(n) != n % d)
        FAIL(n << " / " << d << " became " << divisor.quotient(n));
    };
    for (const int n : {0, 1, d - 1, d, kMost - 1, kMost}) at(n);
    if (d < kMost) at(d + 1);
    for (const int multiple : {kMost / d * d, (kMost / d + 1) / 2 * d})
      at(multiple), at(multiple - 1);
    for (int i = 0; i < 100; ++i) at(static_cast<int>(random.below(1u << 31)));
  };
  for (int d = 1; d < 2000; ++d) check(d);
  for (int shift = 11; shift < 31; ++shift)
    for (const int by : {-1, 0, 1}) check((1 << shift) + by);
  for (int i = 0; i < 1000; ++i) check(1 + static_cast<int>(random.below(1u << 30)));
  check(kMost);
}
