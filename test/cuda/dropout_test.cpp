#include "kernels/dropout/dropout.h"

#include "test/cuda/every_order.h"
#include "test/cuda/shifted_array.h"
#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/gradient_start.h"
#include "test/support/oracle_dropout.h"

using namespace kernels;
using namespace test;

TEMPLATE_TEST_CASE("dropout keeps what the step's random numbers say", "[dropout]", float,
                   bfloat16) {
  using T = TestType;
  const long size = GENERATE(1, 3, 17, 1000, 4097);
  using Shifts = std::pair<std::size_t, std::size_t>;  // of x, of y
  const auto shifts = GENERATE(Shifts(0, 0), Shifts(1, 1), Shifts(1, 0), Shifts(0, 1));
  const auto mode = GENERATE(GradientMode::Overwrite, GradientMode::Accumulate);
  const float probability = GENERATE(0.0f, 0.25f);
  const RandomWords words{7, 5, 1000001};
  const auto x = random_array<T>(size, 1), start = gradient_start<T>(size, mode);
  const auto y = same_in_every_order([&](Cuda cuda) {
    const DeviceArray<std::uint32_t> random(words);
    const ShiftedArray<T> given(x, shifts.first), result(start, shifts.second);
    dropout(cuda, {size},
            Dropout<T>{given.data(), random.data(), result.data(), probability, 3, mode});
    if (mode == GradientMode::Overwrite) {
      dropout(cuda, {size},
              Dropout<T>{given.data(), random.data(), given.data(), probability, 3, mode});
      REQUIRE(same_bits(result.host(), given.host()));
    }
    return result.host();
  });
  const auto expected = oracle_dropout(widened(x), words, 3, double{probability});
  REQUIRE(normalised_error(y, after(start, mode, expected)) < kTolerance<T>);
  if (mode == GradientMode::Accumulate) return;  // where a GPU rounds once, a CPU may twice
  ThreadPool pool(1);
  auto on_cpu = start;
  dropout(Cpu{&pool}, {size},
          Dropout<T>{x.data(), words.data(), on_cpu.data(), probability, 3, mode});
  REQUIRE(same_bits(y, on_cpu));
}
