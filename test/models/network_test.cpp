// Equalities that must hold for a whole network.
#include <algorithm>
#include <cmath>

#include "engine/layers/layers.h"
#include "engine/ops/cross_entropy.h"
#include "engine/ops/pooling.h"
#include "engine/runtime/session.h"
#include "models/resnet.h"
#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/gradient_check.h"
#include "test/support/plan_check.h"
#include "test/support/random_array.h"
#include "test/support/threads.h"

using engine::Mode;
using engine::Program;
using engine::Session;
using engine::Tensor;

namespace {

constexpr int kImages = 3, kClasses = 5, kSize = 8, kPixels = kSize * kSize * 3;

// A ResNet of two blocks, some views of a few images, cross-entropy.
struct Network {
  explicit Network(kernels::ThreadPool& pool, int views, Mode mode = Mode::Training)
      : program({.device = kernels::Cpu{&pool}, .mode = mode}), count(views) {
    images = program.input("images", {views, kImages, kSize, kSize, 3});
    labels = program.input("labels", {views, kImages}, engine::Type::Int32);
    weight = program.input("weight", {1});
    const Tensor features = models::resnet(program, images, {.blocks = {1, 1}, .width = 4}, {});
    const Tensor pooled = engine::global_average_pool(program, features);
    const auto fc = engine::linear_parameters(program, "fc", 8, kClasses);
    logits = program.state("logits", {views, kImages, kClasses});
    if (mode == Mode::Inference) {
      engine::linear(program, pooled, fc.weight, fc.bias, logits);
      return;
    }
    const Tensor y = engine::linear(program, pooled, fc.weight, fc.bias);
    loss = engine::cross_entropy(program, y, labels, weight);
    program.backward({loss.loss});
  }

  // `first`: the view of a batch of many that this network's first view is.
  void fill(Session& session, int first = 0, float loss_weight = 1) const {
    const auto pixels = test::random_array<float>(5L * kImages * kPixels, 1);
    const auto classes = test::random_labels(5L * kImages, kClasses, 2);
    std::copy_n(&pixels[static_cast<size_t>(long{first} * kImages * kPixels)],
                count * kImages * kPixels, session.data(images));
    std::copy_n(&classes[static_cast<size_t>(long{first} * kImages)], count * kImages,
                session.data<std::int32_t>(labels));
    *session.data(weight) = loss_weight;
  }
  std::vector<float> numbers(Session& session, Tensor t) const {
    return {session.data(t), session.data(t) + engine::size_of(program.shape(t))};
  }
  std::vector<Tensor> parameters() const {
    std::vector<Tensor> result;
    for (int id = 0; id < static_cast<int>(program.values().size()); ++id)
      if (program.value({id}).role == engine::Role::Parameter) result.push_back({id});
    return result;
  }
  std::vector<float> gradient(Session& session, Tensor parameter) const {
    return numbers(session, test::gradient_of(program, parameter));
  }

  Program program;
  int count;
  Tensor images, labels, weight, logits;
  engine::CrossEntropy loss;
};

}  // namespace

TEST_CASE("views in one batch are views in separate runs", "[network]") {
  kernels::ThreadPool pool(2);
  constexpr int kViews = 4;
  const Network together(pool, kViews), alone(pool, 1);
  Session batch(together.program);
  batch.initialize(1);
  together.fill(batch);
  batch.forward_backward();

  double loss = 0, correct = 0;
  std::vector<std::vector<double>> gradients;
  std::vector<float> running_mean, running_variance;  // of the clean view
  const std::string bn = "layer2.0.downsample.1.running_";
  for (int view = 0; view < kViews; ++view) {
    Session single(alone.program);
    single.initialize(1);
    alone.fill(single, view, 1.0f / kViews);
    single.forward_backward();
    loss += double{*single.data(alone.loss.loss)};
    correct += double{*single.data(alone.loss.correct)};
    const auto parameters = alone.parameters();
    gradients.resize(parameters.size());
    for (size_t i = 0; i < parameters.size(); ++i) {
      const auto more = alone.gradient(single, parameters[i]);
      gradients[i].resize(more.size());
      for (size_t j = 0; j < more.size(); ++j) gradients[i][j] += double{more[j]};
    }
    if (view > 0) continue;
    running_mean = alone.numbers(single, alone.program.find(bn + "mean"));
    running_variance = alone.numbers(single, alone.program.find(bn + "var"));
  }
  CHECK(std::abs(double{*batch.data(together.loss.loss)} - loss) < 1e-5);
  CHECK(double{*batch.data(together.loss.correct)} == correct);
  const auto parameters = together.parameters();
  for (size_t i = 0; i < parameters.size(); ++i) {
    INFO(together.program.value(parameters[i]).name);
    CHECK(test::normalised_error(together.gradient(batch, parameters[i]), gradients[i]) < 1e-4);
  }
  CHECK(test::normalised_error(together.numbers(batch, together.program.find(bn + "mean")),
                               running_mean) < 1e-5);
  CHECK(test::normalised_error(together.numbers(batch, together.program.find(bn + "var")),
                               running_variance) < 1e-5);
}

TEST_CASE("permuting images permutes outputs", "[network]") {
  kernels::ThreadPool pool(2);
  const Network network(pool, 2, Mode::Inference);
  Session session(network.program);
  session.initialize(1);
  network.fill(session);
  session.forward_backward();
  const auto before = network.numbers(session, network.logits);

  // Turns the images around; runs use running statistics, so each is alone.
  const auto pixels = network.numbers(session, network.images);
  for (int i = 0; i < 2 * kImages; ++i)
    std::copy_n(&pixels[static_cast<size_t>(long{i} * kPixels)], kPixels,
                session.data(network.images) + (2 * kImages - 1 - i) * kPixels);
  session.forward_backward();
  std::vector<float> expected;
  for (int i = 2 * kImages - 1; i >= 0; --i)
    expected.insert(expected.end(), before.begin() + i * kClasses,
                    before.begin() + (i + 1) * kClasses);
  CHECK(test::normalised_error(network.numbers(session, network.logits), expected) < 1e-6);
  CHECK(test::normalised_error(before, expected) > 1e-2);
}

TEST_CASE("a shared arena, an unshared one and a poisoned one give the same bits", "[network]") {
  kernels::ThreadPool pool(2);
  const Network network(pool, 3);
  const auto run = [&](const engine::SessionOptions& options) {
    Session session(network.program, options);
    session.initialize(1);
    network.fill(session);
    for (int step = 0; step < 2; ++step) session.forward_backward();
    std::vector<float> all{*session.data(network.loss.loss)};
    for (const Tensor parameter : network.parameters()) {
      const auto gradient = network.gradient(session, parameter);
      all.insert(all.end(), gradient.begin(), gradient.end());
    }
    return all;
  };
  const auto expected = run({});
  for (const float number : expected) REQUIRE(std::isfinite(number));
  CHECK(test::same_bits(run({.poison = true}), expected));
  CHECK(test::same_bits(run({.share_activations = false}), expected));
  CHECK(test::same_bits(run({.share_activations = false, .poison = true}), expected));
}

TEST_CASE("the plan of a network is sound", "[network]") {
  kernels::ThreadPool pool(2);
  for (const Mode mode : {Mode::Training, Mode::Inference}) {
    const Network network(pool, 2, mode);
    const engine::MemoryPlan plan = engine::plan_memory(network.program);
    CHECK(test::fault_of(network.program, plan) == "");
    if (mode == Mode::Training) CHECK(test::taken_over(network.program, plan) > 3);
    CHECK(2 * plan.arena_bytes < engine::plan_memory(network.program, false).arena_bytes);
  }
}
