// A small classifier with its update, to be trained for some steps.
#pragma once

#include <cmath>

#include "engine/layers/layers.h"
#include "engine/ops/cross_entropy.h"
#include "engine/ops/pooling.h"
#include "engine/ops/sgd.h"
#include "engine/runtime/session.h"
#include "kernels/sgd/sgd.h"

namespace test {

using engine::Program;
using engine::Session;
using engine::Tensor;

constexpr int kImages = 4, kClasses = 3;

// Images and labels have two slots.
struct Network {
  explicit Network(engine::Device device) : program({.device = device}) {
    images = program.input("images", {2, kImages, 6, 6, 3}, engine::Type::Float, 2);
    labels = program.input("labels", {2, kImages}, engine::Type::Int32, 2);
    Tensor x = engine::convolution_layer(program, "conv", images, {.channels = 8, .kernel = 3});
    x = engine::batch_norm_layer(program, "bn", x, {.relu = true});
    x = engine::global_average_pool(program, x);
    const auto fc = engine::linear_parameters(program, "fc", 8, kClasses);
    const Tensor logits = program.activation("logits", {2, kImages, kClasses}, engine::Type::Float);
    engine::linear(program, x, fc.weight, fc.bias, logits);
    const Tensor weight = program.state("weight", {1}, {engine::Initializer::Kind::Constant, 1});
    losses = engine::cross_entropy(program, logits, labels, weight);
    program.backward({losses.loss});
    knobs = program.input("knobs", {kernels::kSgdKnobs});
    engine::sgd(program, knobs);
  }

  // Another batch and another learning rate for every step.
  void fill(Session& session, int step) const {
    const int slot = step % 2;
    float* const to = session.input(images, slot);
    for (long i = 0; i < engine::size_of(program.shape(images)); ++i)
      to[i] = std::sin(static_cast<float>(i * i % 97 + 31 * step));
    for (int i = 0; i < 2 * kImages; ++i)
      session.input<std::int32_t>(labels, slot)[i] = (i + step) % kClasses;
    session.input(knobs)[kernels::kLearningRate] = 0.1f / static_cast<float>(1 + step);
    session.input(knobs)[kernels::kMomentum] = 0.9f;
  }

  Program program;
  Tensor images, labels, knobs;
  engine::CrossEntropy losses;
};

}  // namespace test
