#include "kernels/convolution/convolution_batch_norm.h"

#include <algorithm>
#include <cmath>

#include "kernels/base/check.h"
#include "kernels/batch_norm/batch_norm.h"
#include "kernels/convolution/candidates.h"
#include "kernels/convolution/winograd.h"
#include "test/support/catch.h"
#include "test/support/contains.h"
#include "test/support/convolution_arrays.h"
#include "test/support/oracle_convolution.h"
#include "test/support/random_array.h"
#include "test/support/threads.h"
#include "test/support/workspace.h"

using namespace kernels;
using namespace test;
using test_support::contains;

namespace {

constexpr float kEpsilon = 1e-3f;

struct Fused {
  bool bias, residual, relu;
};

template <class T>
struct Arrays {
  Arrays(const ConvolutionSizes& s, const Fused& with)
      : fused(with),
        x(random_array<T>(x_size(s), 1, {-1.0f, 2.0f})),
        residual(random_array<T>(with.residual ? y_size(s) : 0, 2)),
        weight(random_array<float>(s.weight_size(), 3)),
        bias(random_array<float>(with.bias ? s.out_channels : 0, 4)),
        gamma(random_array<float>(s.out_channels, 5)),
        beta(random_array<float>(s.out_channels, 6)),
        mean(random_array<float>(s.out_channels, 7)),
        variance(random_array<float>(s.out_channels, 8, {0.1f, 2.0f})) {}
  Fused fused;
  std::vector<T> x, residual;
  std::vector<float> weight, bias, gamma, beta, mean, variance;
};

template <class Array>
auto data_or_null(const Array& array) {
  return array.empty() ? nullptr : array.data();
}

AlgorithmChoices choose(const ConvolutionSizes& s, Type type, const std::string& algorithm) {
  AlgorithmChoices choices;
  for (const auto pass :
       {ConvolutionPass::Forward, ConvolutionPass::BackwardData, ConvolutionPass::BackwardWeight})
    choices.set(work_of(s, pass, type), algorithm);
  return choices;
}

template <class T>
std::vector<T> run_fused(Cpu cpu, const ConvolutionSizes& s, const Arrays<T>& a) {
  const auto plan = plan_convolution_batch_norm(cpu, s, kType<T>, a.fused.bias);
  Workspace workspace(plan->workspace_bytes());
  std::vector<T> y(static_cast<size_t>(y_size(s)), T(std::nanf("")));
  std::vector<float> gamma = a.gamma;  // others at first, as in training
  const Launch launch = plan->forward({.x = a.x.data(),
                                       .residual = data_or_null(a.residual),
                                       .weight = a.weight.data(),
                                       .bias = data_or_null(a.bias),
                                       .gamma = gamma.data(),
                                       .beta = a.beta.data(),
                                       .running_mean = a.mean.data(),
                                       .running_variance = a.variance.data(),
                                       .y = y.data(),
                                       .workspace = workspace.data(),
                                       .relu = a.fused.relu,
                                       .epsilon = kEpsilon});
  std::fill(gamma.begin(), gamma.end(), 3.0f);
  launch();
  gamma = a.gamma;
  launch();
  REQUIRE(workspace.kept_within());
  return y;
}

template <class T>
std::vector<T> run_apart(Cpu cpu, const ConvolutionSizes& s, const Arrays<T>& a) {
  const auto plan = plan_convolution(cpu, s, kType<T>, a.fused.bias);
  Workspace workspace(plan->workspace_bytes(ConvolutionPass::Forward));
  std::vector<T> y(static_cast<size_t>(y_size(s)));
  std::vector<float> partial(static_cast<size_t>(s.out_channels));
  plan->forward({a.x.data(), a.weight.data(), data_or_null(a.bias), y.data(), workspace.data()})();
  batch_norm_inference(cpu, {1, static_cast<int>(y_size(s) / s.out_channels), s.out_channels},
                       BatchNormInference<T>{.x = y.data(),
                                             .residual = data_or_null(a.residual),
                                             .gamma = a.gamma.data(),
                                             .beta = a.beta.data(),
                                             .running_mean = a.mean.data(),
                                             .running_variance = a.variance.data(),
                                             .y = y.data(),
                                             .partial = partial.data(),
                                             .relu = a.fused.relu,
                                             .epsilon = kEpsilon});
  return y;
}

template <class T>
std::vector<double> oracle(const ConvolutionSizes& s, const Arrays<T>& a,
                           const std::string& algorithm) {
  const auto channels = static_cast<size_t>(s.out_channels);
  const std::vector<double> none(static_cast<size_t>(y_size(s)));
  std::vector<double> y = convolution_oracle(s, widened(a.x), used_weights<T>(a.weight, algorithm),
                                             widened(a.bias), none)
                              .y;
  const auto gamma = widened(a.gamma), beta = widened(a.beta), mean = widened(a.mean),
             variance = widened(a.variance), residual = widened(a.residual);
  for (size_t i = 0; i < y.size(); ++i) {
    const size_t c = i % channels;
    y[i] = gamma[c] * (y[i] - mean[c]) / std::sqrt(variance[c] + double{kEpsilon}) + beta[c];
    if (a.fused.residual) y[i] += residual[i];
    if (a.fused.relu) y[i] = std::max(y[i], 0.0);
  }
  return y;
}

const ConvolutionSizes kSizes[] = {
    // images, height, width, in, out, kernel height, width, stride, padding, groups
    {1, 3, 2, 1, 1, 1, 1, 1, 0, 1},
    {2, 5, 7, 3, 8, 3, 3, 1, 1, 1},
    {17, 6, 5, 16, 17, 3, 3, 2, 1, 1},
    {5, 6, 7, 17, 17, 3, 3, 1, 1, 17},
    {33, 53, 53, 3, 16, 1, 1, 1, 0, 1},  // large results: more slices than without a batch norm
    {3, 5, 7, 16, 32, 3, 3, 1, 1, 1},
    {17, 7, 8, 48, 32, 3, 3, 1, 0, 1},
    {30, 8, 9, 96, 96, 3, 3, 1, 1, 1},
    {165, 1, 1, 144, 160, 3, 3, 1, 1, 1}};  // Winograd whose threads share tiles

const Fused kFused[] = {
    {false, false, false}, {false, true, true}, {true, false, true}, {true, true, false}};

}  // namespace

TEMPLATE_TEST_CASE("convolution with batch norm for inference", "[convolution]", float, bfloat16) {
  using T = TestType;
  const ConvolutionSizes s = GENERATE(from_range(std::begin(kSizes), std::end(kSizes)));
  const Fused fused = GENERATE(from_range(std::begin(kFused), std::end(kFused)));
  const std::string algorithm = GENERATE("direct", "winograd");
  if (algorithm == "winograd" && !winograd_fits(s)) return;
  INFO(algorithm << ", " << text_of(s) << ", bias " << fused.bias << ", residual " << fused.residual
                 << ", relu " << fused.relu);
  const Arrays<T> a(s, fused);
  AlgorithmChoices choices = choose(s, kType<T>, algorithm);
  const auto y = same_for_all_threads([&](Cpu cpu) {
    return run_fused<T>({cpu.pool, &choices}, s, a);
  });
  // Sums of transformed numbers lose a digit. The direct algorithm's sums are rounded to their
  // type before they are normalised.
  const bool is_float = std::is_same_v<T, float>;
  const double tolerance = !is_float ? 2 * kTolerance<T> : algorithm == "winograd" ? 5e-6 : 2e-6;
  REQUIRE(normalised_error(y, oracle(s, a, algorithm)) < tolerance);

  ThreadPool pool(2);
  const auto apart = run_apart<T>({&pool, &choices}, s, a);
  if (is_float || algorithm == "direct")
    REQUIRE(same_bits(y, apart));
  else
    REQUIRE(normalised_error(y, apart) < tolerance);
}

TEST_CASE("a ReLU in a convolution hides no NaN", "[convolution]") {
  const ConvolutionSizes s{.images = 1,
                           .height = 4,
                           .width = 4,
                           .in_channels = 16,
                           .out_channels = 16,
                           .kernel_height = 3,
                           .kernel_width = 3,
                           .padding = 1};
  const std::string algorithm = GENERATE("direct", "winograd");
  Arrays<float> a(s, {.bias = false, .residual = true, .relu = true});
  a.residual[37] = std::nanf("");
  AlgorithmChoices choices = choose(s, Type::Float, algorithm);
  ThreadPool pool(1);
  const auto y = run_fused<float>({&pool, &choices}, s, a);
  for (size_t i = 0; i < y.size(); ++i) REQUIRE(std::isnan(y[i]) == (i == 37));
}

TEST_CASE("a convolution with batch norm that cannot be is refused", "[convolution]") {
  ThreadPool pool(1);
  REQUIRE_THROWS_WITH(plan_convolution_batch_norm(Cpu{&pool}, {.groups = 0}, Type::Float, false),
                      contains("0 groups"));
}
