// Batch norm against its formulas in double. batch_norm_equalities_test.cpp has what must hold
// between its runs.
#include "kernels/batch_norm/batch_norm.h"

#include <algorithm>

#include "test/support/batch_norm_check.h"
#include "test/support/batch_norm_run.h"
#include "test/support/threads.h"

using namespace kernels;
using namespace test;

namespace {

// views, rows, channels. A block has 32768 / channels rows, at most 1024: the last five sizes have
// several, of which the first three leave one row for the last.
const BatchNormSizes kSizes[] = {
    {1, 1, 1},    {2, 1, 33},    {2, 2, 3},     {5, 7, 8},    {1, 7, 16},   {2, 7, 17},
    {5, 2, 32},   {2, 7, 33},    {1, 2, 48},    {5, 7, 64},   {2, 7, 100},  {2, 3, 16400},
    {2, 993, 33}, {1, 16385, 1}, {2, 1025, 16}, {5, 600, 64}, {2, 331, 100}};
const Fused kFused[] = {{false, false}, {false, true}, {true, false}, {true, true}};

}  // namespace

TEMPLATE_TEST_CASE("batch norm and its gradients", "[batch_norm]", float, bfloat16) {
  using T = TestType;
  const BatchNormSizes s = GENERATE(from_range(std::begin(kSizes), std::end(kSizes)));
  const Fused fused = GENERATE(from_range(std::begin(kFused), std::end(kFused)));
  const auto mode = GENERATE(GradientMode::Overwrite, GradientMode::Accumulate);
  INFO(s.views << " views, " << s.rows << " rows, " << s.channels << " channels, residual "
               << fused.residual << ", relu " << fused.relu);
  const BatchNormInputs<T> in(s);
  const BatchNormModes modes{mode, mode, mode, mode};
  same_for_all_threads([&](Cpu cpu) {
    const BatchNormForwardRun<T> forward(cpu, in, fused);
    const BatchNormBackwardRun<T> backward(cpu, in, forward, fused, modes);
    if (cpu.pool->threads() == 1) {
      check_forward(in, fused, forward);
      check_backward(in, fused, modes, forward, backward);
    }
    return std::tuple_cat(forward.all(), backward.all());
  });
}

TEST_CASE("each gradient of batch norm has a mode of its own", "[batch_norm]") {
  const int bits = GENERATE(range(0, 16));
  const auto mode = [&](int bit) {
    return bits & bit ? GradientMode::Accumulate : GradientMode::Overwrite;
  };
  const BatchNormModes modes{mode(1), mode(2), mode(4), mode(8)};
  const Fused fused{true, true};
  const BatchNormInputs<float> in({2, 9, 21});
  ThreadPool pool(1);
  const BatchNormForwardRun<float> forward(Cpu{&pool}, in, fused);
  const BatchNormBackwardRun<float> backward(Cpu{&pool}, in, forward, fused, modes);
  check_backward(in, fused, modes, forward, backward);
}

// A block's sum of such numbers is far larger than what they differ by.
TEST_CASE("batch norm keeps what is small beside a large mean", "[batch_norm]") {
  const BatchNormSizes s = GENERATE(BatchNormSizes{1, 16384, 1}, BatchNormSizes{2, 3000, 16},
                                    BatchNormSizes{2, 300, 100});
  const BatchNormInputs<float> in(s, {999.9f, 1000.1f});
  ThreadPool pool(1);
  const BatchNormForwardRun<float> got(Cpu{&pool}, in, {});
  const BatchNormOracle oracle = oracle_of(in);
  Doubles inv_std;
  for (size_t at = 0; at < oracle.statistics.mean.size(); ++at)
    inv_std.push_back(oracle.inv_std(at));
  REQUIRE(normalised_error(got.mean, oracle.statistics.mean) < 6e-8);  // half a unit in last place
  REQUIRE(normalised_error(got.inv_std, inv_std) < 2e-5);
  // x and the mean are rounded to 3e-5, which is 5e-4 of the standard deviation.
  REQUIRE(normalised_error(got.y, oracle.sum(widened(in.beta), {})) < 1e-3);
}

TEMPLATE_TEST_CASE("batch norm for inference", "[batch_norm]", float, bfloat16) {
  using T = TestType;
  const BatchNormSizes s =
      GENERATE(BatchNormSizes{1, 1, 1}, BatchNormSizes{2, 7, 33}, BatchNormSizes{2, 700, 48});
  const Fused fused = GENERATE(from_range(std::begin(kFused), std::end(kFused)));
  const BatchNormInputs<T> in(s);
  const auto y = same_for_all_threads([&](Cpu cpu) {
    std::vector<T> apart(in.x.size()), in_place = in.x;
    for (std::vector<T>* to : {&apart, &in_place}) {
      Workspace partial(in.gamma.size() * sizeof(float));
      batch_norm_inference(
          cpu, s,
          BatchNormInference<T>{.x = to == &apart ? in.x.data() : to->data(),
                                .residual = fused.residual ? in.residual.data() : nullptr,
                                .gamma = in.gamma.data(),
                                .beta = in.beta.data(),
                                .running_mean = in.running_mean.data(),
                                .running_variance = in.running_variance.data(),
                                .y = to->data(),
                                .partial = static_cast<float*>(partial.data()),
                                .relu = fused.relu,
                                .epsilon = kEpsilon});
      REQUIRE(partial.kept_within());
    }
    REQUIRE(same_bits(apart, in_place));
    return apart;
  });
  check_inference(in, fused, y);
}

TEST_CASE("the oracle's gradients are the slopes of its batch norm", "[batch_norm]") {
  const BatchNormInputs<float> in({2, 5, 3});
  const Doubles x = widened(in.x), gamma = widened(in.gamma), beta = widened(in.beta);
  const Doubles d_y = widened(in.d_y);
  const auto loss = [&](const Doubles& at_x, const Doubles& at_gamma, const Doubles& at_beta) {
    const BatchNormOracle oracle(in.s, at_x, at_gamma, 1e-5);
    const Doubles y = oracle.sum(at_beta, {});
    double sum = 0;
    for (size_t i = 0; i < y.size(); ++i) sum += y[i] * d_y[i];
    return sum;
  };
  const auto got = BatchNormOracle(in.s, x, gamma, 1e-5).gradients(d_y);
  const auto slope_x = [&](const Doubles& at) { return loss(at, gamma, beta); };
  const auto slope_gamma = [&](const Doubles& at) { return loss(x, at, beta); };
  const auto slope_beta = [&](const Doubles& at) { return loss(x, gamma, at); };
  REQUIRE(normalised_error(got.d_x, numeric_gradient(slope_x, x)) < 1e-7);
  REQUIRE(normalised_error(got.d_gamma, numeric_gradient(slope_gamma, gamma)) < 1e-7);
  REQUIRE(normalised_error(got.d_beta, numeric_gradient(slope_beta, beta)) < 1e-7);
}
