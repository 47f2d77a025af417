// Activations that the backward pass computes a second time instead of keeping them.
#include <algorithm>

#include "engine/layers/layers.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/relu.h"
#include "engine/ops/sigmoid.h"
#include "engine/ops/slice.h"
#include "engine/runtime/memory_peak.h"
#include "engine/runtime/session.h"
#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/contains.h"
#include "test/support/gradient_check.h"
#include "test/support/random_array.h"
#include "test/support/threads.h"

namespace {

using engine::Program;
using engine::Session;
using engine::Tensor;
using test_support::contains;

// Two blocks with residual sums, a gate on one of the views, a ReLU on another: every operation
// that can be recomputed, some from values that are recomputed themselves.
struct Network {
  explicit Network(bool recompute)
      : program({.device = kernels::Cpu{&pool}, .recompute = recompute}) {
    x = program.input("x", {2, 2, 5, 5, 3});
    Tensor y = convolve("stem", x);
    y = engine::batch_norm_layer(program, "stem_bn", y, {.relu = true});
    for (const char* name : {"a", "b"}) {
      const Tensor inner = convolve(name, y);
      y = engine::batch_norm_layer(program, std::string(name) + "_bn", inner,
                                   {.residual = y, .relu = true});
    }
    const Tensor clean = engine::slice_views(program, y, 0, 1);
    const Tensor other = engine::slice_views(program, y, 1, 1);
    Tensor gate = engine::batch_norm_layer(program, "gate_bn", convolve("gate", clean));
    gate = engine::multiply(program, clean, engine::sigmoid(program, gate));
    const Tensor sum = engine::relu(program, engine::add(program, other, gate));
    losses = {test::weighted_sum(program, convolve("end", gate), 1),
              test::weighted_sum(program, convolve("last", sum), 2)};
    program.backward({losses[0].loss, losses[1].loss});
  }
  Tensor convolve(const std::string& name, Tensor from) {
    return engine::convolution_layer(program, name, from,
                                     {.channels = 4, .kernel = 3, .padding = 1});
  }
  Session session(bool share = true) const {
    Session session(program, {.share_activations = share, .poison = true});
    session.initialize(1);
    const auto pixels = test::random_array<float>(engine::size_of(program.shape(x)), 1);
    std::copy(pixels.begin(), pixels.end(), session.data(x));
    return session;
  }
  long calls(const std::string& name) const {
    return std::count_if(program.calls().begin(), program.calls().end(),
                         [&](const engine::Call& call) { return call.name == name; });
  }

  kernels::ThreadPool pool{2};
  Program program;
  Tensor x;
  std::vector<test::WeightedSum> losses;
};

std::vector<float> gradients_of(const Network& network, bool share = true) {
  Session session = network.session(share);
  session.forward_backward();
  std::vector<float> all;
  for (int id = 0; id < static_cast<int>(network.program.values().size()); ++id) {
    const engine::Value& value = network.program.value({id});
    if (value.role != engine::Role::Gradient && value.role != engine::Role::State) continue;
    all.insert(all.end(), session.data({id}), session.data({id}) + engine::size_of(value.shape));
  }
  return all;
}

}  // namespace

TEST_CASE("recomputed activations give the same gradients and statistics", "[recompute]") {
  const Network kept(false), recomputed(true);
  const std::vector<float> expected = gradients_of(kept);
  CHECK(test::same_bits(gradients_of(recomputed), expected));
  CHECK(test::same_bits(gradients_of(recomputed, false), expected));
}

TEST_CASE("gradients through recomputed activations are derivatives", "[recompute]") {
  const Network network(true);
  Session session = network.session();
  session.forward_backward();
  for (const char* name : {"stem.weight", "a.weight", "a_bn.weight", "gate.weight", "b_bn.bias"}) {
    const Tensor parameter = network.program.find(name);
    const Tensor gradient = test::gradient_of(network.program, parameter);
    const std::vector<float> exact(
        session.data(gradient),
        session.data(gradient) + engine::size_of(network.program.shape(gradient)));
    const auto numeric = test::numeric_gradient(session, parameter, network.losses, 1.0f / 1024);
    INFO(name);
    CHECK(test::normalised_error(exact, numeric) < 1e-2);
  }
}

TEST_CASE("every value is recomputed at most once, and none that is kept anyway", "[recompute]") {
  const Network kept(false), recomputed(true);
  CHECK(kept.calls("batch_norm_recompute") == 0);
  CHECK(recomputed.calls("batch_norm_recompute") == 4);
  for (const char* name : {"sigmoid_forward", "multiply_forward", "add", "relu_forward"}) {
    INFO(name);
    CHECK(kept.calls(name) == 1);
    CHECK(recomputed.calls(name) == 2);
  }
  // Keeping a convolution's result for a ReLU would take the memory that the ReLU's own takes.
  kernels::ThreadPool pool(1);
  Program program({.device = kernels::Cpu{&pool}, .recompute = true});
  const Tensor x = program.input("x", {1, 2, 5, 5, 3});
  Tensor y = engine::convolution_layer(program, "conv", x, {.channels = 4, .kernel = 3});
  y = engine::relu(program, y);
  CHECK_FALSE(program.recomputable(y));
  program.backward({test::weighted_sum(program, y, 1).loss});
  CHECK(program.listing().find("again") == std::string::npos);
}

TEST_CASE("a scope recomputes what is recorded in it, and nothing after it", "[recompute]") {
  kernels::ThreadPool pool(1);
  Program program({.device = kernels::Cpu{&pool}});
  Tensor y = program.input("x", {1, 2, 5, 5, 4});
  const auto layer = [&](const char* name) {
    const Program::Scope scope(program, name);
    y = engine::convolution_batch_norm_layer(program, "conv", "bn", y, {.channels = 4, .kernel = 1},
                                             {.relu = true});
  };
  layer("before");
  {
    const Program::RecomputeScope scope(program);
    layer("inside");
  }
  layer("after");
  const Tensor end = engine::convolution_layer(program, "end", y, {.channels = 4, .kernel = 1});
  program.backward({test::weighted_sum(program, end, 1).loss});
  const std::string listing = program.listing();
  CHECK_THAT(listing, contains("batch_norm_recompute: inside.bn.y_again"));
  CHECK_THAT(listing, !contains("before.bn.y_again") && !contains("after.bn.y_again"));
}

TEST_CASE("the peak of memory is named with who holds it", "[recompute]") {
  const Network kept(false), recomputed(true);
  const auto peak = [](const Network& network) {
    const engine::MemoryPlan plan = engine::plan_memory(network.program);
    const engine::MemoryPeak found = engine::memory_peak(network.program, plan);
    CHECK(found.bytes <= plan.arena_bytes);
    CHECK(found.bytes > 0.9 * static_cast<double>(plan.arena_bytes));
    std::size_t sum = 0;
    for (const Tensor t : found.alive) sum += engine::aligned(network.program.value(t).bytes());
    CHECK(sum == found.bytes);
    return found.bytes;
  };
  CHECK(peak(recomputed) < peak(kept));
  const std::string report = engine::memory_report(kept.program, 3);
  CHECK_THAT(report, contains("MiB of activations and workspaces") && contains("at call ") &&
                         contains(" others\n"));
}
