#include "engine/ops/sgd.h"

#include "engine/ops/cross_entropy.h"
#include "engine/ops/linear.h"
#include "engine/runtime/session.h"
#include "kernels/sgd/sgd.h"
#include "test/support/catch.h"
#include "test/support/compare.h"
#include "test/support/random_array.h"

using engine::Program;
using engine::Tensor;

TEST_CASE("sgd moves every parameter along its own gradient", "[sgd]") {
  kernels::ThreadPool pool(2);
  Program program({.device = kernels::Cpu{&pool}});
  const Tensor x = program.input("x", {1, 2, 3});
  const Tensor labels = program.input("labels", {1, 2}, engine::Type::Int32);
  const Tensor one = program.state("one", {1}, {engine::Initializer::Kind::Constant, 1.0f});
  const Tensor knobs = program.input("knobs", {kernels::kSgdKnobs});
  // Neither 21 nor 7 floats fill whole cache lines: the flat arrays have gaps.
  const Tensor weight =
      program.parameter("weight", {7, 3}, {engine::Initializer::Kind::Normal, 1.0f});
  const Tensor bias = program.parameter("bias", {7}, {engine::Initializer::Kind::Normal, 1.0f});
  const Tensor logits = engine::linear(program, x, weight, bias);
  program.backward({engine::cross_entropy(program, logits, labels, one).loss});
  engine::sgd(program, knobs);

  engine::Session session(program);
  session.initialize(3);
  const auto input = test::random_array<float>(6, 1);
  std::copy(input.begin(), input.end(), session.data(x));
  const float values[] = {0.5f, 0.9f, 0.01f, 1.0f};
  std::copy_n(values, int{kernels::kSgdKnobs}, session.data(knobs));

  const auto array = [&](Tensor t) {
    const float* begin = session.data(t);
    return test::widened(std::vector<float>(begin, begin + engine::size_of(program.shape(t))));
  };
  for (const char* name : {"weight", "bias"}) {
    const Tensor parameter = program.find(name);
    session.forward_backward();
    const auto w = array(parameter), d_w = array(program.find(std::string("d_") + name));
    const auto m = array(program.find(std::string(name) + ".momentum"));
    session.update();
    std::vector<double> expected, expected_m;
    for (size_t i = 0; i < w.size(); ++i) {
      const double g = d_w[i] + values[kernels::kWeightDecay] * w[i];
      expected_m.push_back(values[kernels::kMomentum] * m[i] + g);
      expected.push_back(w[i] - values[kernels::kLearningRate] *
                                    (g + values[kernels::kMomentum] * expected_m.back()));
    }
    REQUIRE(test::normalised_error(array(parameter), expected) < 1e-6);
    REQUIRE(test::normalised_error(array(program.find(std::string(name) + ".momentum")),
                                   expected_m) < 1e-6);
  }
}
