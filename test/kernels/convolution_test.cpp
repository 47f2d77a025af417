#include "kernels/convolution/convolution.h"

#include "kernels/base/check.h"
#include "kernels/convolution/candidates.h"
#include "kernels/convolution/winograd.h"
#include "kernels/onednn/primitive.h"
#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/contains.h"
#include "test/support/convolution_arrays.h"
#include "test/support/gradient_start.h"
#include "test/support/oracle_convolution.h"
#include "test/support/threads.h"
#include "test/support/workspace.h"

using namespace kernels;
using namespace test;
using test_support::contains;

namespace {

template <class T>
struct Arrays {
  Arrays(const ConvolutionSizes& s, bool with_bias)
      : x(random_array<T>(x_size(s), 1, {-1.0f, 2.0f})),
        d_y(random_array<T>(y_size(s), 2, {-1.0f, 2.0f})),
        weight(random_array<float>(s.weight_size(), 3)),
        bias(random_array<float>(with_bias ? s.out_channels : 0, 4)) {}
  std::vector<T> x, d_y;
  std::vector<float> weight, bias;
};

constexpr ConvolutionPass kPasses[] = {ConvolutionPass::Forward, ConvolutionPass::BackwardData,
                                       ConvolutionPass::BackwardWeight};

// y, d_x, d_weight and d_bias. Everything runs twice, as in training, where the second run finds
// what the first one left in the workspace.
template <class T>
auto convolve(Cpu cpu, const ConvolutionSizes& s, const Arrays<T>& a, GradientMode mode,
              const std::string& algorithm) {
  AlgorithmChoices choices;
  for (const auto pass : kPasses) choices.set(work_of(s, pass, kType<T>), algorithm);
  cpu.choices = &choices;
  const auto plan = plan_convolution(cpu, s, kType<T>, !a.bias.empty());
  const auto nan = GradientMode::Overwrite;
  auto y = gradient_start<T>(y_size(s), nan);
  auto d_x = gradient_start<T>(x_size(s), mode, 5);
  auto d_weight = gradient_start<float>(s.weight_size(), mode, 6);
  auto d_bias = gradient_start<float>(static_cast<long>(a.bias.size()), mode, 7);
  const auto start = std::tuple(y, d_x, d_weight, d_bias);
  Workspace forward(plan->workspace_bytes(ConvolutionPass::Forward));
  Workspace data(plan->workspace_bytes(ConvolutionPass::BackwardData));
  Workspace weight(plan->workspace_bytes(ConvolutionPass::BackwardWeight));
  const float* bias = a.bias.empty() ? nullptr : a.bias.data();
  const Launch launches[] = {
      plan->forward({a.x.data(), a.weight.data(), bias, y.data(), forward.data()}),
      plan->backward_data({a.d_y.data(), a.weight.data(), d_x.data(), data.data(), mode}),
      plan->backward_weight({a.x.data(), a.d_y.data(), d_weight.data(),
                             bias ? d_bias.data() : nullptr, weight.data(), mode})};
  for (const Launch& launch : launches) launch();
  const auto results = std::tuple(y, d_x, d_weight, d_bias);
  std::tie(y, d_x, d_weight, d_bias) = start;
  for (const Launch& launch : launches) launch();
  REQUIRE(same_bits(results, std::tuple(y, d_x, d_weight, d_bias)));
  REQUIRE((forward.kept_within() && data.kept_within() && weight.kept_within()));
  return results;
}

const ConvolutionSizes kSizes[] = {
    // images, height, width, in, out, kernel height, width, stride, padding, groups; 16 images or
    // more are cut into slices of several, where the last may have fewer
    {1, 3, 2, 1, 1, 1, 1, 1, 0, 1},
    {2, 5, 7, 3, 8, 3, 3, 1, 1, 1},
    {5, 8, 7, 8, 16, 3, 3, 2, 1, 1},  // the last row of x is read by the padding's window only
    {17, 6, 5, 16, 17, 3, 3, 1, 0, 1},
    {35, 4, 6, 17, 3, 1, 1, 2, 0, 1},  // the last row and column of x are not read at all
    {33, 5, 4, 16, 16, 3, 3, 1, 1, 1},
    {5, 9, 8, 64, 64, 3, 3, 2, 1, 1},
    {17, 4, 4, 64, 16, 1, 1, 1, 0, 1},
    {2, 5, 6, 8, 8, 3, 1, 1, 0, 1},
    {1, 11, 12, 3, 64, 7, 7, 2, 3, 1},
    {2, 7, 6, 16, 32, 3, 3, 2, 1, 2},
    {17, 5, 5, 16, 8, 3, 3, 2, 0, 4},
    {5, 6, 7, 17, 17, 3, 3, 1, 1, 17},
    {33, 8, 6, 16, 16, 3, 3, 2, 1, 16},
    {2, 4, 4, 128, 128, 3, 3, 1, 1, 32},
    {5, 2, 1, 512, 256, 3, 3, 1, 1, 1},  // large weights: fewer slices
    {3, 5, 4, 112, 144, 3, 3, 1, 1, 1},  // Winograd with few tiles: its blocks do not divide these
    {2, 9, 6, 16, 48, 3, 3, 1, 2, 1},
    {17, 7, 8, 48, 32, 3, 3, 1, 0, 1},
    {30, 8, 9, 96, 96, 3, 3, 1, 1, 1},     // Winograd: threads share tiles in the weight's pass
    {165, 1, 1, 144, 160, 3, 3, 1, 1, 1},  // and in every pass, in two groups
    {1, 1, 1, 17, 10, 1, 1, 1, 0, 1},      // linear layers
    {33, 1, 1, 64, 100, 1, 1, 1, 0, 1}};

}  // namespace

TEMPLATE_TEST_CASE("convolution and its gradients", "[convolution]", float, bfloat16) {
  using T = TestType;
  const ConvolutionSizes s = GENERATE(from_range(std::begin(kSizes), std::end(kSizes)));
  const auto mode = GENERATE(GradientMode::Overwrite, GradientMode::Accumulate);
  const bool with_bias = GENERATE(false, true);
  const std::string algorithm = GENERATE("direct", "winograd");
  if (algorithm == "winograd" && !winograd_fits(s)) return;
  INFO(algorithm << ", " << text_of(s));
  const Arrays<T> a(s, with_bias);
  const auto [y, d_x, d_weight, d_bias] =
      same_for_all_threads([&](Cpu cpu) { return convolve(cpu, s, a, mode, algorithm); });
  const ConvolutionResults expected = convolution_oracle(
      s, widened(a.x), used_weights<T>(a.weight, algorithm), widened(a.bias), widened(a.d_y));
  // Sums of transformed numbers lose a digit.
  const double float_tolerance = algorithm == "winograd" ? 5e-6 : kTolerance<float>;
  const double tolerance = std::is_same_v<T, float> ? float_tolerance : kTolerance<T>;
  REQUIRE(normalised_error(y, expected.y) < tolerance);
  const auto gradient_error = [mode](const auto& got, const auto& gradient, std::uint32_t stream) {
    using Element = typename std::decay_t<decltype(got)>::value_type;
    const auto start = gradient_start<Element>(static_cast<long>(got.size()), mode, stream);
    return normalised_error(got, after(start, mode, gradient));
  };
  REQUIRE(gradient_error(d_x, expected.d_x, 5) < tolerance);
  // Weight gradients are summed and kept in float, whatever the type of x.
  REQUIRE(gradient_error(d_weight, expected.d_weight, 6) < float_tolerance);
  REQUIRE(gradient_error(d_bias, expected.d_bias, 7) < float_tolerance);
}

TEST_CASE("the oracle's gradients are the slopes of its convolution", "[convolution]") {
  const ConvolutionSizes s = GENERATE(ConvolutionSizes{2, 4, 5, 2, 3, 3, 3, 2, 1, 1},
                                      ConvolutionSizes{1, 3, 4, 4, 2, 2, 1, 1, 0, 2});
  const Arrays<float> a(s, true);
  const auto x = widened(a.x), weight = widened(a.weight), bias = widened(a.bias),
             d_y = widened(a.d_y);
  const auto loss = [&](const auto& at_x, const auto& at_weight, const auto& at_bias) {
    const auto y = convolution_oracle(s, at_x, at_weight, at_bias, d_y).y;
    double sum = 0;
    for (size_t i = 0; i < y.size(); ++i) sum += y[i] * d_y[i];
    return sum;
  };
  using Values = std::vector<double>;
  const ConvolutionResults got = convolution_oracle(s, x, weight, bias, d_y);
  const auto slope_x = [&](const Values& at) { return loss(at, weight, bias); };
  const auto slope_weight = [&](const Values& at) { return loss(x, at, bias); };
  const auto slope_bias = [&](const Values& at) { return loss(x, weight, at); };
  REQUIRE(normalised_error(got.d_x, numeric_gradient(slope_x, x)) < 1e-8);
  REQUIRE(normalised_error(got.d_weight, numeric_gradient(slope_weight, weight)) < 1e-8);
  REQUIRE(normalised_error(got.d_bias, numeric_gradient(slope_bias, bias)) < 1e-8);
}

TEST_CASE("algorithms are timed once, then chosen from what is known", "[convolution]") {
  ThreadPool pool(2);
  AlgorithmChoices choices;
  const ConvolutionSizes s{.images = 3,
                           .height = 8,
                           .width = 8,
                           .in_channels = 32,
                           .out_channels = 32,
                           .kernel_height = 3,
                           .kernel_width = 3,
                           .padding = 1};
  const auto plan = plan_convolution(Cpu{&pool, &choices}, s, Type::Float, true);
  REQUIRE(choices.by_work().size() == 3);
  for (const auto pass : kPasses) {
    const std::string* chosen = choices.find(work_of(s, pass, Type::Float));
    REQUIRE((chosen && (*chosen == "direct" || *chosen == "winograd")));
    REQUIRE((plan->implementation(pass) == "winograd") == (*chosen == "winograd"));
  }
  const std::string work = work_of(s, ConvolutionPass::Forward, Type::Float);
  for (const std::string algorithm : {"direct", "winograd"}) {
    choices.set(work, algorithm);
    const auto again = plan_convolution(Cpu{&pool, &choices}, s, Type::Float, true);
    REQUIRE((again->implementation(ConvolutionPass::Forward) == "winograd") ==
            (algorithm == "winograd"));
  }
  choices.set(work, "magic");
  REQUIRE_THROWS_WITH(plan_convolution(Cpu{&pool, &choices}, s, Type::Float, true),
                      contains("no algorithm 'magic' for convolution forward float 3x8x8x32->32"));
  // The number of images matters to the choice only while there are few.
  ConvolutionSizes more = s, most = s;
  more.images = 64;
  most.images = 640;
  REQUIRE(work_of(more, ConvolutionPass::Forward, Type::Float) ==
          work_of(most, ConvolutionPass::Forward, Type::Float));
}

TEST_CASE("a convolution that cannot be is refused", "[convolution]") {
  ThreadPool pool(1);
  const auto plan = [&](const ConvolutionSizes& s) {
    return plan_convolution(Cpu{&pool}, s, Type::Float, false);
  };
  REQUIRE_THROWS_WITH(plan({.in_channels = 4, .out_channels = 6, .groups = 4}),
                      contains("4 groups"));
  REQUIRE_THROWS_WITH(plan({.in_channels = 6, .out_channels = 4, .groups = 4}),
                      contains("4 groups"));
  REQUIRE_THROWS_WITH(plan({.groups = 0}), contains("0 groups"));
  REQUIRE_THROWS_WITH(plan({.images = 0}), contains("0 images"));
  REQUIRE_THROWS_WITH(plan({.stride = 0}), contains("stride"));
  REQUIRE_THROWS_WITH(plan({.height = 0, .padding = 1}), contains("0x1 images"));
  REQUIRE_THROWS_WITH(plan({.in_channels = 0}), contains("0 to 1 channels"));
  REQUIRE_THROWS_WITH(plan({.height = 2, .width = 3, .kernel_height = 3, .kernel_width = 3}),
                      contains("3x3 kernel does not fit into 2x3"));
  REQUIRE_THROWS_WITH(plan({.height = 9, .kernel_height = 3, .kernel_width = 2, .stride = 2}),
                      contains("3x2 kernel does not fit into 9x1"));
}

// Hidden: for a run in which the environment hides bfloat16 from oneDNN (see ../CMakeLists.txt).
TEST_CASE("oneDNN takes this processor for one without bfloat16", "[.without_bfloat16]") {
  REQUIRE(!onednn::has_bfloat16());
}
