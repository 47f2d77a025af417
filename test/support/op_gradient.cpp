#include "test/support/op_gradient.h"

#include <cstring>
#include <numeric>
#include <utility>

#include "engine/ops/cross_entropy.h"
#include "engine/ops/pooling.h"
#include "engine/ops/slice.h"
#include "engine/runtime/session.h"
#include "kernels/base/philox.h"
#include "test/support/catch.h"
#include "test/support/compare.h"

namespace test {

namespace {

using engine::Program;
using engine::Session;
using engine::Shape;
using engine::Tensor;
using engine::Type;

// Distinct multiples of 1/32 around 0, in random order: bfloat16 holds them, and no step of the
// slope crosses from one to another or over the kink of a ReLU.
std::vector<float> spaced(long size, std::uint32_t stream) {
  std::vector<float> values(static_cast<size_t>(size));
  for (long i = 0; i < size; ++i) {
    values[static_cast<size_t>(i)] = static_cast<float>(2 * (i % 120) - 119) / 64.0f;
  }
  kernels::Random random(7, kernels::RandomUse::Test, stream);
  for (std::uint32_t i = static_cast<std::uint32_t>(size); i > 1; --i) {
    std::swap(values[i - 1], values[random.below(i)]);
  }
  return values;
}

template <class T>
void write(Session& session, Tensor t, const std::vector<float>& values) {
  for (size_t i = 0; i < values.size(); ++i) session.data<T>(t)[i] = T(values[i]);
}

template <class T>
std::vector<double> read(Session& session, Tensor t) {
  const T* begin = session.data<T>(t);
  return widened(std::vector<T>(begin, begin + engine::size_of(session.program().shape(t))));
}

template <class T>
void fill(Session& session, const std::vector<std::string>& names) {
  session.initialize(1);
  for (std::uint32_t i = 0; i < names.size(); ++i) {
    const Tensor t = session.program().find(names[i]);
    write<T>(session, t, spaced(engine::size_of(session.program().shape(t)), i));
  }
}

double total(Session& session, const std::vector<Tensor>& losses) {
  session.forward_backward();
  double sum = 0;
  for (const Tensor loss : losses) sum += *session.data(loss);
  return sum;
}

std::vector<double> slope(Session& session, const std::vector<Tensor>& losses, Tensor t) {
  constexpr float kStep = 0x1p-8f;
  std::vector<double> result;
  for (long i = 0; i < engine::size_of(session.program().shape(t)); ++i) {
    float& element = session.data(t)[i];
    const float middle = element;
    element = middle + kStep;
    const double above = total(session, losses);
    element = middle - kStep;
    const double below = total(session, losses);
    element = middle;
    result.push_back((above - below) / (2 * kStep));
  }
  return result;
}

// The gradients of the named values, of type T, one after the other.
template <class T>
std::vector<std::vector<double>> gradients(const GradientCase& problem, bool against_slopes) {
  kernels::ThreadPool pool(2);
  Program program(
      {.device = kernels::Cpu{&pool}, .storage = sizeof(T) == 4 ? Type::Float : Type::BFloat16});
  const std::vector<Tensor> losses = problem.losses(program);
  program.backward(losses);
  Session apart(program, {.share_activations = false, .poison = true});
  fill<T>(apart, problem.names);
  const double loss = total(apart, losses);
  std::vector<std::vector<double>> results;
  for (const std::string& name : problem.names) {
    results.push_back(read<T>(apart, program.find("d_" + name)));
  }
  Session shared(program, {.poison = true});
  fill<T>(shared, problem.names);
  REQUIRE(total(shared, losses) == loss);

  for (size_t i = 0; against_slopes && i < problem.names.size(); ++i) {
    INFO("gradient of " << problem.names[i]);
    const auto expected = slope(apart, losses, program.find(problem.names[i]));
    REQUIRE(normalised_error(results[i], expected) < 4e-3);
  }
  return results;
}

Tensor loss_of(Program& program, Tensor x) {
  const Shape shape = program.shape(x);
  const int classes = shape.back();
  const int rows = static_cast<int>(engine::size_of(shape) / classes);
  // Pooling over one pixel makes float of any storage type.
  Tensor logits = engine::reshape(program, x, {1, rows, 1, 1, classes});
  logits = engine::global_average_pool(program, logits);
  const Tensor labels = program.input("labels", {1, rows}, Type::Int32);  // all 0
  const Tensor weight = program.state("weight", {1}, {engine::Initializer::Kind::Constant, 3.0f});
  return engine::cross_entropy(program, logits, labels, weight).loss;
}

}  // namespace

void require_gradients(const GradientCase& problem) { gradients<float>(problem, true); }

void require_op_gradient(const Shape& shape, const Op& op) {
  for (const bool first : {true, false}) {
    INFO((first ? "alone" : "added to another gradient"));
    const GradientCase problem{[&](Program& program) {
                                 const Tensor x = program.input("x", shape, program.storage());
                                 program.want_gradient(x);
                                 std::vector<Tensor> losses;
                                 {
                                   const Program::Scope scope(program, "op");
                                   losses.push_back(loss_of(program, op(program, x)));
                                 }
                                 const Program::Scope scope(program, "direct");
                                 if (!first) losses.push_back(loss_of(program, x));
                                 return losses;
                               },
                               {"x"}};
    const auto wide = gradients<float>(problem, true);
    const auto narrow = gradients<kernels::bfloat16>(problem, false);
    REQUIRE(normalised_error(narrow[0], wide[0]) < 3e-2);
  }
}

}  // namespace test
