// What is recorded: names, shapes, aliases, errors.
#include "engine/graph/program.h"

#include <algorithm>

#include "engine/layers/layers.h"
#include "engine/ops/convert.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/slice.h"
#include "test/support/catch.h"
#include "test/support/contains.h"
#include "test/support/weighted_sum.h"

using engine::Program;
using engine::Shape;
using engine::Tensor;
using engine::Type;
using test_support::contains;

namespace {

struct Fixture {
  kernels::ThreadPool pool{1};
  Program program{{.device = kernels::Cpu{&pool}}};
  Tensor images = program.input("images", {2, 3, 8, 8, 4});
};

}  // namespace

TEST_CASE_METHOD(Fixture, "values are named below the scope they are made in", "[program]") {
  const Tensor y =
      engine::convolution_layer(program, "conv1", images, {.channels = 5, .kernel = 3});
  CHECK(program.value(program.find("conv1.weight")).shape == Shape{5, 4, 3, 3});
  CHECK(program.value(y).name == "conv1.y");
  {
    const Program::Scope layer(program, "layer1"), block(program, "0");
    engine::batch_norm_layer(program, "bn1", y);
  }
  CHECK(program.shape(program.find("layer1.0.bn1.running_var")) == Shape{5});
  CHECK(program.calls().back().scope == "layer1.0.bn1");
  CHECK_THROWS_WITH(program.find("layer1.0.bn1.wight"), contains("layer1.0.bn1.wight"));
}

TEST_CASE_METHOD(Fixture, "two parameters of one name are refused", "[program]") {
  program.parameter("fc.weight", {2, 3}, {});
  CHECK_THROWS_WITH(program.parameter("fc.weight", {2, 3}, {}),
                    contains("fc.weight") && contains("twice"));
}

TEST_CASE_METHOD(Fixture, "extents are positive", "[program]") {
  CHECK_THROWS_WITH(program.input("empty", {2, 0, 3}), contains("empty") && contains("[2, 0, 3]"));
  CHECK_THROWS_WITH(program.parameter("negative", {-1}, {}), contains("[-1]"));
}

TEST_CASE_METHOD(Fixture, "an alias lies within its value", "[program]") {
  CHECK_THROWS_WITH(program.alias("part", images, {2, 3, 8, 8, 4}, 1),
                    contains("part") && contains("element 1") && contains("images"));
  CHECK_THROWS_WITH(program.alias("part", images, {1}, -1), contains("element -1"));
  CHECK_THROWS_WITH(engine::slice_views(program, images, 1, 2), contains("views 1 .. 2"));
  CHECK_THROWS_WITH(engine::slice_views(program, images, -1, 1), contains("views -1 .. -1"));
  CHECK_THROWS_WITH(engine::slice_views(program, images, 0, 0), contains("slice_views"));
  CHECK_THROWS_WITH(engine::reshape(program, images, {5}), contains("[5]"));

  // An alias of an alias is a part of the same value.
  const Tensor second = engine::slice_views(program, images, 1, 1);
  const Tensor flat = engine::reshape(program, second, {3 * 8 * 8 * 4});
  const Tensor last = program.alias("last", flat, {4}, 3 * 8 * 8 * 4 - 4);
  CHECK(program.value(last).alias_of == images.id);
  CHECK(program.value(last).alias_offset == (2 * 3 * 8 * 8 * 4 - 4) * sizeof(float));
}

TEST_CASE_METHOD(Fixture, "shapes that do not fit are named when recording", "[program]") {
  const auto parameter = [&](const char* name, const Shape& shape) {
    return program.parameter(name, shape, {});
  };
  const Tensor weight = parameter("weight", {5, 3, 3, 3}), features = program.input("f", {2, 3, 7});
  const Tensor gamma = parameter("gamma", {4}), short_beta = parameter("beta", {3});

  CHECK_THROWS_WITH(engine::convolution(program, images, weight, {}),
                    contains("x has 4 channels") && contains("takes 3"));
  CHECK_THROWS_WITH(engine::convolution(program, features, weight, {}), contains("[2, 3, 7]"));
  CHECK_THROWS_WITH(
      engine::convolution(program, images, parameter("w", {5, 4, 3, 3}), parameter("b", {4})),
      contains("bias must have 5") && contains("[4]"));
  CHECK_THROWS_WITH(engine::convolution(program, images, parameter("wide", {5, 4, 9, 9}), {}),
                    contains("9x9 kernel does not fit into 8x8"));
  CHECK_THROWS_WITH(
      engine::convolution_layer(program, "conv", images, {.channels = 6, .kernel = 1, .groups = 3}),
      contains("3 groups do not divide 4"));
  CHECK_THROWS_WITH(engine::transposed_convolution(program, images, weight),
                    contains("in = 4") && contains("[5, 3, 3, 3]"));
  CHECK_THROWS_WITH(engine::transposed_convolution(program, images, parameter("t", {4, 5, 3, 3}),
                                                   {.stride = 2, .output_padding = 2}),
                    contains("output_padding must be in [0, stride 2)"));
  CHECK_THROWS_WITH(engine::transposed_convolution(program, images, parameter("t5", {4, 5, 3, 3}),
                                                   {.padding = 5}),
                    contains("0x0 images"));
  CHECK_THROWS_WITH(engine::linear(program, features, parameter("fc", {10, 8}), {}),
                    contains("[out, 7]") && contains("[10, 8]"));
  CHECK_THROWS_WITH(engine::linear(program, features, parameter("fc7", {10, 7}), {},
                                   program.activation("logits", {2, 3, 9})),
                    contains("[2, 3, 10]") && contains("[2, 3, 9]"));
  CHECK_THROWS_WITH(engine::batch_norm(program, images, {gamma, short_beta, gamma, gamma}),
                    contains("beta must have 4 channels, got [3]"));
  CHECK_THROWS_WITH(
      engine::batch_norm(program, images, {gamma, gamma, gamma, gamma}, {.residual = features}),
      contains("residual must be [2, 3, 8, 8, 4]"));
  CHECK_THROWS_WITH(
      engine::batch_norm(program, images, {gamma, gamma, gamma, gamma}, {.residual = images}),
      contains("the residual must not be its input"));
  CHECK_THROWS_WITH(
      engine::convert(program, program.input("labels", {3}, Type::Int32), Type::Float),
      contains("labels") && contains("int32 to float"));
}

TEST_CASE_METHOD(Fixture, "the listing has a line a call, for people", "[program]") {
  const Tensor weight = program.parameter("conv1.weight", {5, 4, 3, 3}, {});
  const Tensor y = engine::convolution(program, images, weight, {});
  program.backward({test::weighted_sum(program, y, 1).loss});
  program.call({.name = "update",
                .inputs = {program.whole(engine::Role::Gradient)},
                .outputs = {program.whole(engine::Role::Parameter)}},
               [](auto, const engine::Buffers&) { return [] {}; });
  const std::string listing = program.listing();
  CHECK(std::count(listing.begin(), listing.end(), '\n') ==
        static_cast<long>(program.calls().size()));
  CHECK_THAT(listing, contains("0 convolution_forward: y [2, 3, 6, 6, 5] float, workspace ["));
  CHECK_THAT(listing, contains(" <- images, conv1.weight\n"));
  CHECK_THAT(listing, contains("d_conv1.weight [5, 4, 3, 3] float"));
  CHECK_THAT(listing, contains("(update) update: all parameters <- all gradients\n"));
}

TEST_CASE("a program for inference keeps no gradient rules", "[program]") {
  kernels::ThreadPool pool(1);
  Program program({.device = kernels::Cpu{&pool}, .mode = engine::Mode::Inference});
  const Tensor x = program.input("x", {1, 2, 4, 4, 3});
  const Tensor y = engine::batch_norm_layer(
      program, "bn", engine::convolution_layer(program, "conv", x, {.channels = 2, .kernel = 1}));
  CHECK(program.calls().back().name == "batch_norm_inference");
  CHECK_THROWS_WITH(program.backward({test::weighted_sum(program, y, 1).loss}),
                    contains("program for inference"));
}
