// Batch norm on the device against its formulas in double, in every schedule.
#include "kernels/batch_norm/batch_norm.h"

#include "test/cuda/batch_norm_run.h"
#include "test/cuda/batch_norm_schedules.h"
#include "test/cuda/every_order.h"
#include "test/support/batch_norm_check.h"

using namespace kernels;
using namespace test;

namespace {

const Fused kFused[] = {{false, false}, {false, true}, {true, false}, {true, true}};
constexpr auto kOverwrite = GradientMode::Overwrite, kAccumulate = GradientMode::Accumulate;

// Forward and backward, the same in every order, against the oracle.
template <class T>
void check(const BatchNormCase& c, const BatchNormInputs<T>& in, Fused fused,
           const BatchNormModes& modes) {
  INFO(c << ", residual " << fused.residual << ", relu " << fused.relu);
  BatchNormResults<T> forward(in);
  BatchNormGradients<T> backward(in.s, modes);
  same_in_every_order([&](Cuda cuda) {
    forward = batch_norm_forward_on<T>(c.smaller(cuda), in, fused, {.offset = c.offset});
    backward =
        batch_norm_backward_on<T>(c.smaller(cuda), in, forward, fused, modes, {.offset = c.offset});
    return std::tuple_cat(forward.all(), backward.all());
  });
  check_forward(in, fused, forward);
  check_backward(in, fused, modes, forward, backward);
}

}  // namespace

TEMPLATE_TEST_CASE("batch norm and its gradients", "[batch_norm]", float, bfloat16) {
  using T = TestType;
  const BatchNormCase c = GENERATE(from_range(small_batch_norm_cases()));
  const auto [fused, mode] =
      GENERATE(std::pair(kFused[0], kOverwrite), std::pair(kFused[1], kAccumulate),
               std::pair(kFused[2], kAccumulate), std::pair(kFused[3], kOverwrite));
  check<T>(c, BatchNormInputs<T>(c.s), fused, {mode, mode, mode, mode});
}

TEMPLATE_TEST_CASE("batch norm of many rounds", "[batch_norm]", float, bfloat16) {
  using T = TestType;
  const BatchNormCase c = GENERATE(from_range(large_batch_norm_cases()));
  check_schedule<T>(c);
  check<T>(c, BatchNormInputs<T>(c.s), {true, true},
           {kOverwrite, kAccumulate, kOverwrite, kAccumulate});
}

TEST_CASE("each gradient of batch norm has a mode of its own", "[batch_norm]") {
  const int bits = GENERATE(range(0, 16));
  const BatchNormCase c = GENERATE(BatchNormCase{{2, 9, 24}, 4, 227}, BatchNormCase{{2, 9, 21}});
  const auto mode = [&](int bit) { return bits & bit ? kAccumulate : kOverwrite; };
  check<float>(c, BatchNormInputs<float>(c.s), {true, true}, {mode(1), mode(2), mode(4), mode(8)});
}

// A block's sum of such numbers is far larger than what they differ by.
TEST_CASE("batch norm keeps what is small beside a large mean", "[batch_norm]") {
  const BatchNormCase c = GENERATE(from_range(one_batch_norm_case_of_each()));
  INFO(c);
  const BatchNormInputs<float> in(c.s, {999.9f, 1000.1f});
  const auto got = batch_norm_forward_on<float>(c.smaller(cuda()), in, {}, {.offset = c.offset});
  const BatchNormOracle oracle = oracle_of(in);
  Doubles inv_std;
  for (size_t at = 0; at < oracle.statistics.mean.size(); ++at)
    inv_std.push_back(oracle.inv_std(at));
  REQUIRE(normalised_error(got.mean, oracle.statistics.mean) < 6e-8);  // half a unit in last place
  REQUIRE(normalised_error(got.inv_std, inv_std) < 2e-5);
  // x and the mean are rounded to 3e-5, which is 5e-4 of the standard deviation.
  REQUIRE(normalised_error(got.y, oracle.sum(widened(in.beta), {})) < 1e-3);
}

// Distances are taken from first rows.
TEST_CASE("batch norm bears a first row far from all others", "[batch_norm]") {
  constexpr float kFar = 30;
  const BatchNormCase c = GENERATE(from_range(one_batch_norm_case_of_each()));
  INFO(c);
  BatchNormInputs<float> in(c.s, {-1e-3f, 1e-3f});
  const auto channels = static_cast<size_t>(c.s.channels);
  std::fill_n(in.x.begin(), channels, kFar);
  const auto got = batch_norm_forward_on<float>(c.smaller(cuda()), in, {}, {.offset = c.offset});
  const BatchNormOracle oracle = oracle_of(in);
  Doubles inv_std;
  for (size_t at = 0; at < oracle.statistics.mean.size(); ++at)
    inv_std.push_back(oracle.inv_std(at));
  REQUIRE(normalised_error(got.inv_std, inv_std) < 1e-6);
  for (size_t at = 0; at < inv_std.size(); ++at) {
    const double largest = at < channels ? kFar : 1e-3;
    REQUIRE(std::abs(static_cast<double>(got.mean[at]) - oracle.statistics.mean[at]) <
            1e-7 * largest);
  }
}

TEMPLATE_TEST_CASE("batch norm for inference", "[batch_norm]", float, bfloat16) {
  using T = TestType;
  const BatchNormSizes s = GENERATE(BatchNormSizes{1, 1, 1}, BatchNormSizes{2, 7, 33},
                                    BatchNormSizes{5, 90, 16}, BatchNormSizes{2, 150, 40});
  const Fused fused = GENERATE(from_range(std::begin(kFused), std::end(kFused)));
  const std::size_t offset = GENERATE(0u, 1u);
  const BatchNormInputs<T> in(s);
  const auto y = same_in_every_order([&](Cuda cuda) {
    cuda.multiprocessors = 2;
    const auto apart = batch_norm_inference_on<T>(cuda, in, fused, {.offset = offset});
    const auto over_x =
        batch_norm_inference_on<T>(cuda, in, fused, {.offset = offset, .in_place = true});
    REQUIRE(same_bits(apart, over_x));
    return apart;
  });
  check_inference(in, fused, y);
}
