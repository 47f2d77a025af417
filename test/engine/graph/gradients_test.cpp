// Where gradients go: slices, values used more than once, parameters shared by layers.
#include "engine/graph/gradients.h"

#include <algorithm>

#include "engine/ops/elementwise.h"
#include "engine/ops/linear.h"
#include "engine/ops/sigmoid.h"
#include "engine/ops/slice.h"
#include "engine/runtime/session.h"
#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/contains.h"
#include "test/support/gradient_check.h"
#include "test/support/random_array.h"

using engine::Program;
using engine::Session;
using engine::Shape;
using engine::Tensor;
using test::weighted_sum;
using test::WeightedSum;
using test_support::contains;

namespace {

struct Fixture {
  kernels::ThreadPool pool{2};
  Program program{{.device = kernels::Cpu{&pool}}};
  std::vector<WeightedSum> losses;

  Tensor parameter(const char* name, const Shape& shape) {
    return program.parameter(name, shape, {engine::Initializer::Kind::Uniform, 1});
  }
  void add_loss(Tensor y, std::uint32_t seed) { losses.push_back(weighted_sum(program, y, seed)); }
  void backward() {
    std::vector<Tensor> tensors;
    for (const WeightedSum& loss : losses) tensors.push_back(loss.loss);
    program.backward(tensors);
  }
  long count(const char* call) const {
    return std::count_if(program.calls().begin(), program.calls().end(),
                         [&](const engine::Call& c) { return c.name == call; });
  }
  // Checks every parameter.
  void check_gradients() {
    Session session(program, {.poison = true});
    session.initialize(3);
    const int values = static_cast<int>(program.values().size());
    for (int id = 0; id < values; ++id) {
      const engine::Value& value = program.value({id});
      if (value.role != engine::Role::Parameter || value.alias_of >= 0) continue;
      session.forward_backward();
      const float* data = session.data(test::gradient_of(program, {id}));
      const std::vector<float> gradient(data, data + engine::size_of(value.shape));
      INFO(value.name);
      CHECK(test::normalised_error(
                gradient, test::numeric_gradient(session, {id}, losses, 1.0f / 128)) < 1e-3);
    }
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a value used twice has the sum of both gradients", "[gradients]") {
  const Tensor x = parameter("x", {2, 3});
  const Tensor y = engine::sigmoid(program, x);
  add_loss(engine::multiply(program, y, engine::add(program, y, y)), 1);
  add_loss(y, 2);
  backward();
  check_gradients();
}

TEST_CASE_METHOD(Fixture, "a sum's terms have gradients of their own", "[gradients]") {
  // Later contributions to one of them must not reach the others.
  const Tensor a = engine::sigmoid(program, parameter("a", {3, 5}));
  const Tensor b = engine::sigmoid(program, parameter("b", {3, 5}));
  const Tensor more = engine::multiply(program, a, b);
  const Tensor sum = engine::add(program, a, b);
  add_loss(more, 1);
  add_loss(sum, 2);
  add_loss(engine::add(program, sum, engine::add(program, a, sum)), 3);
  backward();
  check_gradients();
}

TEST_CASE_METHOD(Fixture, "two layers may share a parameter", "[gradients]") {
  const Tensor weight = parameter("weight", {4, 4}), bias = parameter("bias", {4});
  const Tensor first = engine::linear(program, parameter("x", {1, 3, 4}), weight, bias);
  add_loss(engine::linear(program, first, weight, bias), 1);
  backward();
  check_gradients();
}

TEST_CASE_METHOD(Fixture, "disjoint slices write one gradient, without zeroing it", "[gradients]") {
  const Tensor x = engine::sigmoid(program, parameter("x", {3, 2, 5}));
  for (int view : {2, 0, 1})
    add_loss(engine::slice_views(program, x, view, 1), static_cast<std::uint32_t>(view));
  backward();
  CHECK(count("fill") == 0);
  check_gradients();
}

TEST_CASE_METHOD(Fixture, "what no slice covers is zero", "[gradients]") {
  const Tensor x = engine::sigmoid(program, parameter("x", {5, 2, 3}));
  add_loss(engine::slice_views(program, x, 1, 1), 1);
  add_loss(engine::slice_views(program, x, 3, 1), 2);
  backward();
  CHECK(count("fill") == 3);  // views 0, 2 and 4
  check_gradients();
}

TEST_CASE_METHOD(Fixture, "slices may overlap, and lie within each other", "[gradients]") {
  const Tensor x = engine::sigmoid(program, parameter("x", {6, 3}));
  add_loss(engine::slice_views(program, x, 1, 3), 1);
  add_loss(engine::slice_views(program, x, 3, 2), 2);
  add_loss(engine::slice_views(program, engine::slice_views(program, x, 2, 3), 1, 1), 3);
  SECTION("all of it is used too, before") { add_loss(engine::sigmoid(program, x), 4); }
  SECTION("under another shape") { add_loss(engine::reshape(program, x, {3, 6}), 5); }
  SECTION("nothing else") {}
  backward();
  check_gradients();
}

TEST_CASE_METHOD(Fixture, "slices of a parameter are parts of its gradient", "[gradients]") {
  const Tensor weights = parameter("weights", {4, 3, 3});
  const Tensor x = parameter("x", {1, 2, 3});
  for (int i : {0, 2}) {
    const Tensor weight =
        engine::reshape(program, engine::slice_views(program, weights, i, 1), {3, 3});
    add_loss(engine::linear(program, x, weight, {}), static_cast<std::uint32_t>(i));
  }
  backward();
  check_gradients();
}

TEST_CASE_METHOD(Fixture, "results may be written into slices of one value", "[gradients]") {
  const Tensor x = parameter("x", {2, 3, 4});
  const Tensor logits = program.activation("logits", {2, 3, 5});
  for (int view = 0; view < 2; ++view)
    engine::linear(program, engine::slice_views(program, x, view, 1),
                   parameter(view == 0 ? "w0" : "w1", {5, 4}), {},
                   engine::slice_views(program, logits, view, 1));
  add_loss(engine::sigmoid(program, logits), 1);
  backward();
  check_gradients();
}

TEST_CASE_METHOD(Fixture, "results that no loss sees cost nothing", "[gradients]") {
  const Tensor y = engine::sigmoid(program, parameter("x", {4}));
  engine::multiply(program, y, y);
  add_loss(y, 1);
  backward();
  CHECK(count("multiply_backward") == 0);
  check_gradients();
}

TEST_CASE_METHOD(Fixture, "a parameter that reaches no loss is named", "[gradients]") {
  const Tensor used = parameter("used.weight", {3});
  engine::sigmoid(program, parameter("forgotten.weight", {3}));
  add_loss(used, 1);
  CHECK_THROWS_WITH(backward(), contains("forgotten.weight gets no gradient"));
}

TEST_CASE_METHOD(Fixture, "inputs have gradients where they are wanted", "[gradients]") {
  const Tensor x = program.input("x", {2, 3}), w = parameter("w", {2, 3});
  const bool wanted = GENERATE(false, true);
  if (wanted) program.want_gradient(x);
  add_loss(engine::multiply(program, x, w), 1);
  backward();
  if (!wanted) {
    CHECK_THROWS_WITH(program.find("d_x"), contains("d_x"));
    return;
  }
  Session session(program, {.share_activations = false});
  session.initialize(1);
  session.forward_backward();
  const auto r = test::random_array<float>(6, 1);
  for (int i = 0; i < 6; ++i)
    CHECK(session.data(program.find("d_x"))[i] == r[static_cast<size_t>(i)] * session.data(w)[i]);
}
