// Sessions of a GPU: the host's side of inputs and results, steps that become graphs, memory.
#include "engine/runtime/session.h"

#include <cstring>

#include "engine/layers/layers.h"
#include "engine/ops/cross_entropy.h"
#include "engine/ops/pooling.h"
#include "engine/ops/sgd.h"
#include "kernels/sgd/sgd.h"
#include "test/stand_in/stand_in.h"
#include "test/support/catch.h"

using engine::Device;
using engine::Program;
using engine::Session;
using engine::Tensor;

namespace {

constexpr int kImages = 4, kClasses = 3;

// A small classifier with its update; images and labels have two slots.
struct Network {
  explicit Network(Device device) : program({.device = device}) {
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

std::vector<float> numbers(Session& session, Tensor t) {
  const auto copy = session.host_copy(t);
  const auto* from = static_cast<const float*>(copy.get());
  return {from, from + engine::size_of(session.program().shape(t))};
}

struct Steps {
  std::vector<float> losses, weights;
};

Steps train(const Network& network, const std::function<void(Session&, int slot)>& step) {
  Session session(network.program);
  session.initialize(3);
  Steps result;
  for (int i = 0; i < 6; ++i) {
    network.fill(session, i);
    step(session, i % 2);
    session.wait();
    result.losses.push_back(*session.result(network.losses.loss));
  }
  result.weights = numbers(session, network.program.find("conv.weight"));
  return result;
}

Steps train(const Network& network) {
  return train(network, [](Session& session, int slot) { session.step(slot); });
}

kernels::Cuda cuda() {
  return {.multiprocessors = stand_in::multiprocessors(), .shared_bytes = 227 << 10};
}

}  // namespace

TEST_CASE("a session of a GPU trains as one of a CPU does", "[session]") {
  kernels::ThreadPool pool(1);
  const Network on_cpu(kernels::Cpu{&pool}), on_gpu(cuda());
  const Steps expected = train(on_cpu), trained = train(on_gpu);
  REQUIRE(expected.losses.front() != expected.losses.back());
  for (size_t i = 0; i < expected.losses.size(); ++i)
    CHECK(trained.losses[i] == Approx(expected.losses[i]).epsilon(1e-5));
  for (size_t i = 0; i < expected.weights.size(); ++i)
    CHECK(trained.weights[i] == Approx(expected.weights[i]).margin(1e-6));
}

TEST_CASE("steps as graphs are steps call by call, bit for bit", "[session]") {
  const Network network(cuda());
  const Steps graphs = train(network);
  const Steps calls = train(network, [&](Session& session, int slot) {
    session.step_checked(slot);
    const size_t count = network.program.calls().size();
    for (size_t i = network.program.update_begins(); i < count; ++i) session.run_call(i, slot);
    // As a step would have left it, for result().
    const auto loss = session.host_copy(network.losses.loss);
    std::memcpy(const_cast<float*>(session.result(network.losses.loss)), loss.get(), sizeof(float));
  });
  CHECK(graphs.losses == calls.losses);
  CHECK(graphs.weights == calls.weights);
}

TEST_CASE("a session of a GPU takes the memory that was planned, and no more in a step",
          "[session]") {
  const std::size_t before = stand_in::allocated_bytes();
  {
    const Network network(cuda());
    Session session(network.program);
    session.initialize(1);
    const std::size_t taken = stand_in::allocated_bytes();
    CHECK(taken - before == session.memory().total());
    for (int step = 0; step < 4; ++step) {
      network.fill(session, step);
      session.step(step % 2);
      CHECK(stand_in::allocated_bytes() == taken);
    }
  }
  CHECK(stand_in::allocated_bytes() == before);
}

TEST_CASE("too little memory on a GPU is an error with both numbers", "[session]") {
  const Network network(cuda());
  const stand_in::MemoryLimit limit(stand_in::allocated_bytes() + (1 << 10));
  CHECK_THROWS_WITH(Session(network.program),
                    Catch::Matchers::StartsWith("out of GPU memory: 0 MiB were asked for"));
}

TEST_CASE("what is neither an input nor a result has no side on the host", "[session]") {
  const Network network(cuda());
  Session session(network.program);
  CHECK_THROWS_WITH(session.input(network.program.find("conv.weight")),
                    "session: conv.weight is neither an input nor a result");
}
