#include "tools/auxtrain-bench/op_cases.h"

#include <algorithm>

#include "engine/ops/batch_norm.h"
#include "engine/ops/convolution.h"
#include "engine/ops/cross_entropy.h"
#include "engine/ops/distillation.h"
#include "engine/ops/dropout.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/linear.h"
#include "engine/ops/pooling.h"
#include "engine/ops/relu.h"
#include "engine/ops/sigmoid.h"
#include "engine/ops/slice.h"
#include "engine/ops/transposed_convolution.h"
#include "engine/ops/weight_penalty.h"
#include "kernels/base/philox.h"

namespace tools {
namespace {

using engine::Program;
using engine::Session;
using engine::Shape;
using engine::size_of;
using engine::Tensor;
using engine::text_of;
using engine::Type;
using Tensors = std::vector<Tensor>;

OpCase::Argument parameter(const std::string& name, const Shape& shape) {
  return {.name = name, .shape = shape, .is_activation = false};
}

// An operation with one argument and one result, f(Program&, Tensor).
template <class F>
OpCase unary_case(const std::string& name, const Shape& shape, Numbers numbers, F f) {
  return {.name = kernels::text(name, " ", text_of(shape)),
          .arguments = {{.name = "x", .shape = shape, .numbers = numbers}},
          .record = [=](Program& program, const Tensors& x) -> OpCase::Recorded {
            return {{f(program, x[0])}};
          }};
}

template <class F>
OpCase binary_case(const std::string& name, const Shape& shape, F f) {
  return {.name = kernels::text(name, " ", text_of(shape)),
          .arguments = {{.name = "a", .shape = shape}, {.name = "b", .shape = shape}},
          .record = [=](Program& program, const Tensors& x) -> OpCase::Recorded {
            return {{f(program, x[0], x[1])}};
          }};
}

std::string text_of_convolution(const char* name, const ConvolutionCase& c) {
  std::string text = kernels::text(name, " ", text_of(c.x), " to ", c.channels, ", kernel ",
                                   c.kernel, ", stride ", c.stride, ", padding ", c.padding);
  if (c.output_padding > 0) text += kernels::text(", output padding ", c.output_padding);
  if (c.groups > 1) text += kernels::text(", ", c.groups, " groups");
  return text + (c.bias ? ", bias" : "");
}

void write(Session& session, Tensor input, std::initializer_list<float> numbers) {
  std::copy(numbers.begin(), numbers.end(), session.data(input));
}

void write_labels(Session& session, Tensor labels, int classes) {
  kernels::Random random(2020, kernels::RandomUse::Test, 7);
  std::generate_n(
      session.data<std::int32_t>(labels), size_of(session.program().shape(labels)),
      [&] { return static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(classes))); });
}

}  // namespace

OpCase convolution_case(const ConvolutionCase& c) {
  const Shape weight{c.channels, c.x[4] / c.groups, c.kernel, c.kernel};
  OpCase result{.name = text_of_convolution("convolution", c),
                .arguments = {{.name = "x", .shape = c.x}, parameter("weight", weight)}};
  if (c.bias) result.arguments.push_back(parameter("bias", {c.channels}));
  result.record = [=](Program& program, const Tensors& t) -> OpCase::Recorded {
    return {{engine::convolution(program, t[0], t[1], c.bias ? t[2] : Tensor{},
                                 {c.stride, c.padding, c.groups})}};
  };
  const auto extent = [&](int from) { return (from + 2 * c.padding - c.kernel) / c.stride + 1; };
  result.multiply_adds = size_of(weight) * c.x[0] * c.x[1] * extent(c.x[2]) * extent(c.x[3]);
  return result;
}

OpCase transposed_convolution_case(const ConvolutionCase& c) {
  const Shape weight{c.x[4], c.channels / c.groups, c.kernel, c.kernel};
  return {.name = text_of_convolution("transposed_convolution", c),
          .arguments = {{.name = "x", .shape = c.x}, parameter("weight", weight)},
          .record = [=](Program& program, const Tensors& t) -> OpCase::Recorded {
            return {{engine::transposed_convolution(
                program, t[0], t[1], {c.stride, c.padding, c.output_padding, c.groups})}};
          },
          .multiply_adds = size_of(weight) * c.x[0] * c.x[1] * c.x[2] * c.x[3]};
}

OpCase linear_case(const LinearCase& c) {
  OpCase result{.name = kernels::text("linear [", c.views, ", ", c.images, ", ", c.in, "] to ",
                                      c.out, c.bias ? ", bias" : ""),
                .arguments = {parameter("x", {c.views, c.images, c.in}),  // float, always
                              parameter("weight", {c.out, c.in})},
                .multiply_adds = long{c.views} * c.images * c.in * c.out};
  if (c.bias) result.arguments.push_back(parameter("bias", {c.out}));
  result.record = [=](Program& program, const Tensors& t) -> OpCase::Recorded {
    return {{engine::linear(program, t[0], t[1], c.bias ? t[2] : Tensor{})}};
  };
  return result;
}

OpCase batch_norm_case(const BatchNormCase& c) {
  const Shape channels{c.x.back()};
  OpCase result{
      .name = kernels::text("batch_norm ", text_of(c.x), c.residual ? ", residual" : "",
                            c.relu ? ", relu" : "", c.selective ? "" : ", joint statistics"),
      .arguments = {
          {.name = "x", .shape = c.x}, parameter("gamma", channels), parameter("beta", channels)}};
  if (c.residual) result.arguments.push_back({.name = "residual", .shape = c.x});
  result.record = [=](Program& program, const Tensors& t) -> OpCase::Recorded {
    const engine::BatchNormTensors state{
        t[1], t[2], program.state("running_mean", channels),
        program.state("running_var", channels, {engine::Initializer::Kind::Constant, 1})};
    return {{engine::batch_norm(
        program, t[0], state,
        {.residual = c.residual ? t[3] : Tensor{}, .relu = c.relu, .selective = c.selective})}};
  };
  return result;
}

OpCase relu_case(const Shape& shape) {
  return unary_case("relu", shape, Numbers::AwayFromZero, engine::relu);
}
OpCase sigmoid_case(const Shape& shape) {
  return unary_case("sigmoid", shape, Numbers::Any, engine::sigmoid);
}
OpCase dropout_case(const Shape& shape) {
  return {.name = kernels::text("dropout ", text_of(shape)),
          .arguments = {{.name = "x", .shape = shape}},
          .record = [](Program& program, const Tensors& x) -> OpCase::Recorded {
            const Tensor y = engine::dropout(program, x[0], {.probability = 0.25f, .layer = 1});
            return {{y}, [random = program.random()](Session& session) {
                      std::fill_n(session.data<std::uint32_t>(random), kernels::kRandomWords, 5u);
                    }};
          }};
}
OpCase add_case(const Shape& shape) { return binary_case("add", shape, engine::add); }
OpCase multiply_case(const Shape& shape) {
  return binary_case("multiply", shape, engine::multiply);
}

OpCase max_pool_case(const PoolingCase& c) {
  const engine::PoolingOptions options{c.kernel, c.stride, c.padding};
  return unary_case(
      kernels::text("max_pool ", c.kernel, "/", c.stride, "/", c.padding), c.x, Numbers::Distinct,
      [=](Program& program, Tensor x) { return engine::max_pool(program, x, options); });
}
OpCase average_pool_case(const PoolingCase& c) {
  const engine::PoolingOptions options{c.kernel, c.stride, c.padding};
  return unary_case(
      kernels::text("average_pool ", c.kernel, "/", c.stride, "/", c.padding), c.x, Numbers::Any,
      [=](Program& program, Tensor x) { return engine::average_pool(program, x, options); });
}
OpCase global_average_pool_case(const Shape& shape) {
  return unary_case("global_average_pool", shape, Numbers::Any, engine::global_average_pool);
}

OpCase cross_entropy_case(const LogitsCase& c) {
  const Shape logits{c.views, c.images, c.classes};
  return {.name = kernels::text("cross_entropy ", text_of(logits)),
          .arguments = {parameter("logits", logits)},
          .record = [=](Program& program, const Tensors& t) -> OpCase::Recorded {
            const Tensor labels = program.input("labels", {c.views, c.images}, Type::Int32);
            const Tensor weight = program.input("weight", {1});
            return {{engine::cross_entropy(program, t[0], labels, weight).loss},
                    [=](Session& session) {
                      write_labels(session, labels, c.classes);
                      write(session, weight, {0.75f});
                    }};
          },
          .results_are_losses = true};
}

OpCase distillation_case(const LogitsCase& c, bool mutual) {
  const Shape logits{c.views, c.images, c.classes};
  return {
      .name = kernels::text("distillation ", text_of(logits), mutual ? ", mutual" : ", detached"),
      .arguments = {parameter("logits", logits)},
      .record = [=](Program& program, const Tensors& t) -> OpCase::Recorded {
        const Tensor labels = program.input("labels", {c.images}, Type::Int32);
        const engine::DistillationKnobs knobs{.ce_weight = program.input("ce", {c.views}),
                                              .kl_weight = program.input("kl", {1}),
                                              .temperature = program.input("temperature", {1})};
        const auto teacher = mutual ? kernels::Teacher::Mutual : kernels::Teacher::Detached;
        return {{engine::distillation(program, t[0], labels, knobs, teacher).loss},
                [=](Session& session) {
                  write_labels(session, labels, c.classes);
                  std::fill_n(session.data(knobs.ce_weight), c.views, 0.25f);
                  write(session, knobs.kl_weight, {0.5f});
                  write(session, knobs.temperature, {1.5f});
                }};
      },
      .results_are_losses = true,
      .is_derivative = mutual};
}

OpCase weight_penalty_case(const PenaltyCase& c) {
  const bool to_mean = c.merging == kernels::Merging::Mean;
  OpCase result{
      .name = kernels::text("weight_penalty ", c.heads, " heads [", c.classes, ", ", c.channels,
                            "]", to_mean ? "" : ", to the primary"),
      .arguments = {},
      .record = [=](Program& program, const Tensors& t) -> OpCase::Recorded {
        std::vector<engine::LinearParameters> layers;
        for (size_t i = 0; i < t.size(); i += 2) layers.push_back({t[i], t[i + 1]});
        const engine::LinearParameters primary = layers.front();
        layers.erase(layers.begin());
        const Tensor coefficient = program.input("coefficient", {1});
        return {{engine::weight_penalty(program, primary, layers, coefficient, c.merging).loss},
                [=](Session& session) { write(session, coefficient, {0.5f}); }};
      },
      .results_are_losses = true,
      .is_derivative = to_mean};
  for (int i = 0; i <= c.heads; ++i) {
    result.arguments.push_back(
        parameter(kernels::text("layer", i, ".weight"), {c.classes, c.channels}));
    result.arguments.push_back(parameter(kernels::text("layer", i, ".bias"), {c.classes}));
  }
  return result;
}

OpCase slice_case(const SliceCase& c) {
  return unary_case(kernels::text("slice_views ", c.first, "+", c.count), c.x, Numbers::Any,
                    [=](Program& program, Tensor x) {
                      return engine::slice_views(program, x, c.first, c.count);
                    });
}
OpCase reshape_case(const Shape& from, const Shape& to) {
  return unary_case(kernels::text("reshape to ", text_of(to)), from, Numbers::Any,
                    [=](Program& program, Tensor x) { return engine::reshape(program, x, to); });
}

std::vector<OpCase> small_op_cases() {
  return {
      convolution_case({.x = {1, 1, 1, 1, 1}, .channels = 1, .kernel = 1}),
      convolution_case({.x = {2, 1, 5, 4, 3}, .channels = 5, .padding = 1}),
      convolution_case({.x = {1, 3, 5, 7, 2}, .channels = 3, .stride = 2, .padding = 1}),
      convolution_case({.x = {1, 2, 4, 5, 17}, .channels = 3, .kernel = 1, .bias = true}),
      convolution_case({.x = {2, 2, 3, 3, 4}, .channels = 6, .groups = 2, .bias = true}),
      convolution_case({.x = {1, 2, 6, 6, 3}, .channels = 2, .kernel = 1, .stride = 2}),
      transposed_convolution_case({.x = {2, 1, 4, 3, 3}, .channels = 2, .padding = 1}),
      transposed_convolution_case(
          {.x = {1, 2, 2, 3, 3}, .channels = 5, .stride = 2, .padding = 1, .output_padding = 1}),
      transposed_convolution_case({.x = {1, 1, 3, 3, 4}, .channels = 2, .groups = 2}),
      linear_case({.views = 1, .images = 1, .in = 1, .out = 1}),
      linear_case({.views = 3, .images = 5, .in = 17, .out = 7}),
      linear_case({.views = 1, .images = 4, .in = 3, .out = 2, .bias = false}),
      batch_norm_case({.x = {1, 3, 2, 3, 5}}),
      batch_norm_case({.x = {2, 4, 1, 1, 33}, .relu = true}),
      batch_norm_case({.x = {2, 3, 2, 2, 3}, .residual = true, .relu = true}),
      batch_norm_case({.x = {2, 2, 2, 2, 4}, .residual = true}),
      batch_norm_case({.x = {3, 2, 2, 1, 4}, .relu = true, .selective = false}),
      batch_norm_case({.x = {2, 5, 3}}),
      relu_case({1}),
      relu_case({2, 3, 5}),
      sigmoid_case({1}),
      sigmoid_case({2, 3, 5}),
      dropout_case({1}),
      dropout_case({2, 3, 5}),
      add_case({2, 17}),
      multiply_case({2, 17}),
      max_pool_case({.x = {1, 2, 5, 4, 3}, .kernel = 3, .stride = 2, .padding = 1}),
      max_pool_case({.x = {2, 1, 4, 6, 1}}),
      average_pool_case({.x = {1, 2, 5, 4, 3}, .kernel = 3, .stride = 2, .padding = 1}),
      average_pool_case({.x = {2, 1, 5, 5, 2}}),
      global_average_pool_case({2, 3, 3, 5, 3}),
      global_average_pool_case({1, 1, 1, 1, 1}),
      cross_entropy_case({.views = 1, .images = 1, .classes = 2}),
      cross_entropy_case({.views = 2, .images = 3, .classes = 5}),
      distillation_case({.views = 1, .images = 3, .classes = 4}, false),
      distillation_case({.views = 3, .images = 5, .classes = 3}, false),
      distillation_case({.views = 3, .images = 2, .classes = 7}, true),
      weight_penalty_case({.heads = 1, .classes = 1, .channels = 1}),
      weight_penalty_case({.heads = 4, .classes = 3, .channels = 5}),
      weight_penalty_case(
          {.heads = 2, .classes = 3, .channels = 4, .merging = kernels::Merging::Primary}),
      slice_case({.x = {3, 2, 5}, .first = 1, .count = 1}),
      slice_case({.x = {5, 3, 1, 1, 7}, .first = 2, .count = 3}),
      reshape_case({2, 3, 4}, {1, 6, 2, 2}),
  };
}

std::vector<OpCase> large_op_cases() {
  const Shape wide{5, 32, 32, 32, 64}, deep{1, 32, 4, 4, 512};
  return {
      convolution_case({.x = {5, 32, 32, 32, 3}, .channels = 64, .padding = 1}),
      convolution_case({.x = wide, .channels = 64, .padding = 1}),
      convolution_case({.x = wide, .channels = 128, .stride = 2, .padding = 1}),
      convolution_case({.x = wide, .channels = 128, .kernel = 1, .stride = 2}),
      convolution_case({.x = wide, .channels = 64, .padding = 1, .groups = 8}),
      convolution_case({.x = deep, .channels = 256, .kernel = 1, .bias = true}),
      transposed_convolution_case({.x = deep, .channels = 512, .padding = 1}),
      linear_case({.views = 1, .images = 128, .in = 2048, .out = 1000}),
      batch_norm_case({.x = wide}),
      batch_norm_case({.x = wide, .relu = true}),
      batch_norm_case({.x = wide, .residual = true, .relu = true}),
      batch_norm_case({.x = wide, .relu = true, .selective = false}),
      batch_norm_case({.x = {5, 32, 4, 4, 512}, .residual = true, .relu = true}),
      relu_case(wide),
      sigmoid_case(wide),
      dropout_case({1, 256, 6, 6, 256}),
      add_case(wide),
      multiply_case(wide),
      max_pool_case({.x = {1, 32, 112, 112, 64}, .kernel = 3, .stride = 2, .padding = 1}),
      average_pool_case({.x = wide}),
      global_average_pool_case(wide),
      cross_entropy_case({.views = 1, .images = 256, .classes = 1000}),
      distillation_case({.views = 5, .images = 256, .classes = 1000}, false),
      distillation_case({.views = 5, .images = 256, .classes = 1000}, true),
      weight_penalty_case({.heads = 4, .classes = 1000, .channels = 2048}),
  };
}

}  // namespace tools
