// How programs are run: slots, shared weights, checked steps.
#include "engine/runtime/session.h"

#include <cmath>
#include <limits>

#include "engine/layers/layers.h"
#include "engine/ops/convert.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/sgd.h"
#include "engine/ops/sigmoid.h"
#include "engine/runtime/available_memory.h"
#include "kernels/sgd/sgd.h"
#include "test/support/catch.h"
#include "test/support/contains.h"
#include "test/support/weighted_sum.h"

using engine::Mode;
using engine::Program;
using engine::Session;
using engine::Tensor;
using test_support::contains;

namespace {

// x * w, with an update; x has two slots.
struct Product {
  explicit Product(kernels::ThreadPool& pool) : program({.device = kernels::Cpu{&pool}}) {
    x = program.input("x", {4}, engine::Type::Float, 2);
    w = program.parameter("w", {4}, {engine::Initializer::Kind::Uniform, 1});
    loss = test::weighted_sum(program, engine::multiply(program, x, w), 1).loss;
    program.backward({loss});
    knobs = program.input("knobs", {kernels::kSgdKnobs});
    engine::sgd(program, knobs);
  }
  Program program;
  Tensor x, w, loss, knobs;
};

struct Network {
  Network(kernels::ThreadPool& pool, Mode mode, int channels = 3)
      : program({.device = kernels::Cpu{&pool}, .mode = mode}) {
    x = program.input("x", {1, 2, 4, 4, 2});
    y = engine::convolution_layer(program, "conv", x, {.channels = channels, .kernel = 3});
    y = engine::batch_norm_layer(program, "bn", y, {.relu = true});
    loss = test::weighted_sum(program, y, 1).loss;
    if (program.training()) program.backward({loss});
  }
  void fill(Session& session) const {
    for (int i = 0; i < 64; ++i) session.data(x)[i] = std::sin(static_cast<float>(i * i));
  }
  Program program;
  Tensor x, y, loss;
};

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

}  // namespace

TEST_CASE("each slot of a double-buffered input is its own", "[session]") {
  kernels::ThreadPool pool(1);
  const Product product(pool);
  Session session(product.program);
  session.initialize(1);
  REQUIRE(session.data(product.x, 0) != session.data(product.x, 1));
  REQUIRE(session.data(product.w, 0) == session.data(product.w, 1));
  std::fill_n(session.data(product.x, 0), 4, 1.0f);
  std::fill_n(session.data(product.x, 1), 4, 3.0f);
  session.forward_backward(0);
  const float first = *session.data(product.loss);
  session.forward_backward(1);
  CHECK(std::abs(*session.data(product.loss) - 3 * first) < 1e-6f);
  session.step_checked(0);
  CHECK(*session.data(product.loss) == first);
}

TEST_CASE("a step is its passes and then the update", "[session]") {
  kernels::ThreadPool pool(1);
  const Product product(pool);
  Session session(product.program), parts(product.program);
  for (Session* s : {&session, &parts}) {
    s->initialize(1);
    std::fill_n(s->data(product.x), 4, 2.0f);
    s->data(product.knobs)[kernels::kLearningRate] = 0.5f;
  }
  session.step();
  const float before = parts.data(product.w)[2];
  parts.forward_backward();
  CHECK(parts.data(product.w)[2] == before);
  parts.update();
  CHECK(parts.data(product.w)[2] != before);
  for (int i = 0; i < 4; ++i) CHECK(parts.data(product.w)[i] == session.data(product.w)[i]);
}

TEST_CASE("a checked step computes what a step does", "[session]") {
  kernels::ThreadPool pool(2);
  const Network network(pool, Mode::Training);
  Session fast(network.program), checked(network.program, {.poison = true});
  for (Session* s : {&fast, &checked}) {
    s->initialize(1);
    network.fill(*s);
  }
  fast.forward_backward();
  checked.step_checked();
  CHECK(*fast.data(network.loss) == *checked.data(network.loss));
  const Tensor gradient = network.program.find("d_conv.weight");
  for (int i = 0; i < 3 * 2 * 9; ++i) CHECK(fast.data(gradient)[i] == checked.data(gradient)[i]);
}

TEST_CASE("a checked step names where NaN came from", "[session]") {
  kernels::ThreadPool pool(1);
  const Network network(pool, Mode::Training);
  Session session(network.program);
  session.initialize(1);
  network.fill(session);
  REQUIRE_NOTHROW(session.step_checked());

  SECTION("in a parameter") {
    session.data(network.program.find("conv.weight"))[7] = kNan;
    CHECK_THROWS_WITH(session.step_checked(),
                      contains("conv.weight [3, 2, 3, 3] holds nan at element 7") &&
                          contains("call 0, convolution_forward of conv"));
  }
  SECTION("in the batch") {
    session.data(network.x)[5] = kNan;
    CHECK_THROWS_WITH(session.step_checked(),
                      contains("conv.y") && contains("call 0, convolution_forward of conv"));
  }
  SECTION("an infinity, in a later layer") {
    session.data(network.program.find("bn.bias"))[1] = std::numeric_limits<float>::infinity();
    CHECK_THROWS_WITH(session.step_checked(),
                      contains("bn.bias [3] holds inf at element 1") && contains("of bn"));
  }
}

TEST_CASE("a checked step looks at bf16 too", "[session]") {
  kernels::ThreadPool pool(1);
  Program program({.device = kernels::Cpu{&pool}, .storage = engine::Type::BFloat16});
  const Tensor w = program.parameter("w", {3}, {});
  const Tensor y = engine::sigmoid(program, engine::convert(program, w, engine::Type::BFloat16));
  program.backward({test::weighted_sum(program, y, 1).loss});
  Session session(program);
  session.initialize(1);
  REQUIRE_NOTHROW(session.step_checked());
  session.data(w)[0] = 3.4e38f;  // finite as float, infinite as bf16
  CHECK_THROWS_WITH(session.step_checked(), contains("converted [3] holds inf at element 0"));
}

TEST_CASE("two programs see the same weights", "[session]") {
  kernels::ThreadPool pool(1);
  const Network training(pool, Mode::Training), inference(pool, Mode::Inference);
  Session teacher(training.program);
  Session reader(inference.program, {.parameters_of = &teacher});
  teacher.initialize(4);
  for (const char* name : {"conv.weight", "bn.bias", "bn.running_mean", "bn.running_var"}) {
    INFO(name);
    CHECK(reader.data(inference.program.find(name)) == teacher.data(training.program.find(name)));
  }
  CHECK(reader.memory().parameters == 0);
  CHECK(reader.memory().states == 0);
  CHECK(engine::memory_needed(inference.program, &training.program).total() ==
        reader.memory().total());
  CHECK_THROWS_WITH(Session(training.program, {.parameters_of = &teacher}),
                    contains("a program that trains cannot have another session's parameters"));
  training.fill(teacher);
  inference.fill(reader);
  reader.forward_backward();
  const float before = *reader.data(inference.loss);
  teacher.forward_backward();  // moves the running statistics
  reader.forward_backward();
  CHECK(*reader.data(inference.loss) != before);
}

TEST_CASE("weights that do not fit are named", "[session]") {
  kernels::ThreadPool pool(1);
  const Network small(pool, Mode::Training), wide(pool, Mode::Inference, 5);
  Session session(small.program);
  CHECK_THROWS_WITH(Session(wide.program, {.parameters_of = &session}),
                    contains("conv.weight is [5, 2, 3, 3] here and [3, 2, 3, 3] in the other"));
  const Product product(pool);
  CHECK_THROWS_WITH(Session(product.program, {.parameters_of = &session}),
                    contains("no parameter w"));
}

TEST_CASE("parameters, gradients and momentum lie in one order", "[session]") {
  kernels::ThreadPool pool(1);
  Program program({.device = kernels::Cpu{&pool}});
  const Tensor a = program.parameter("a", {3}, {}), b = program.parameter("b", {17}, {});
  std::vector<Tensor> losses;
  for (const Tensor t : {b, a}) losses.push_back(test::weighted_sum(program, t, 1).loss);
  program.backward(losses);
  engine::sgd(program, program.input("knobs", {kernels::kSgdKnobs}));
  const Tensor flat[] = {program.whole(engine::Role::Parameter),
                         program.whole(engine::Role::Gradient),
                         program.whole(engine::Role::Momentum)};
  Session session(program);
  const auto distance = [&](Tensor from, const char* to) {
    return session.data(program.find(to)) - session.data(from);
  };
  CHECK(distance(flat[0], "a") == 0);
  CHECK(distance(flat[1], "d_a") == 0);
  CHECK(distance(flat[2], "a.momentum") == 0);
  CHECK(distance(flat[0], "b") == distance(flat[1], "d_b"));
  CHECK(distance(flat[0], "b") == distance(flat[2], "b.momentum"));
  CHECK(session.memory().parameters == session.memory().gradients);
  CHECK(session.memory().parameters == session.memory().momentum);
  CHECK(session.memory().parameters == (64 + 128));
}
