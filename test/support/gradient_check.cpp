#include "test/support/gradient_check.h"

#include <algorithm>
#include <cmath>

#include "engine/ops/convert.h"
#include "engine/ops/elementwise.h"
#include "test/support/random_array.h"

namespace test {
namespace {

using engine::Session;
using engine::size_of;
using engine::Tensor;
using kernels::bfloat16;
using tools::Numbers;
using tools::OpCase;

// Seeds of random arrays.
constexpr std::uint32_t kArguments = 1000, kResults = 2000, kAccumulated = 3000;

// Numbers that bf16 can hold, so that programs of both storage types see the same ones.
std::vector<float> numbers_of(const OpCase::Argument& argument, std::uint32_t seed) {
  const long size = size_of(argument.shape);
  std::vector<float> numbers;
  for (const bfloat16 number : random_array<bfloat16>(size, seed)) numbers.push_back(number);
  if (argument.numbers == Numbers::AwayFromZero)
    for (float& number : numbers) number += std::copysign(0.125f, number);
  if (argument.numbers == Numbers::Distinct) {  // their ranks, in sixteenths
    const std::vector<float> random = random_array<float>(size, seed);
    for (size_t i = 0; i < numbers.size(); ++i)
      numbers[i] = static_cast<float>(std::count_if(random.begin(), random.end(),
                                                    [&](float x) { return x < random[i]; })) /
                   16;
  }
  return numbers;
}

double loss_of(Session& session, const std::vector<WeightedSum>& losses) {
  session.forward_backward();
  double sum = 0;
  for (const WeightedSum& loss : losses) {
    sum += double{*session.data(loss.loss)};
    if (loss.rest) sum += double{*session.data(loss.rest)};
  }
  return sum;
}

}  // namespace

Tensor gradient_of(const engine::Program& program, Tensor parameter) {
  const auto& values = program.values();
  const auto found = std::find_if(values.begin(), values.end(), [&](const engine::Value& value) {
    return value.role == engine::Role::Gradient && value.mirror_of == parameter.id &&
           value.alias_of < 0;
  });
  CHECK(found != values.end(), program.value(parameter).name, " has no gradient");
  return {static_cast<int>(found - values.begin())};
}

std::vector<double> numeric_gradient(Session& session, Tensor parameter,
                                     const std::vector<WeightedSum>& losses, float step) {
  std::vector<double> gradient;
  float* const numbers = session.data(parameter);
  for (long i = 0; i < size_of(session.program().shape(parameter)); ++i) {
    const float middle = numbers[i], above = middle + step, below = middle - step;
    numbers[i] = above;
    const double up = loss_of(session, losses);
    numbers[i] = below;
    const double down = loss_of(session, losses);
    numbers[i] = middle;
    gradient.push_back((up - down) / (double{above} - double{below}));
  }
  return gradient;
}

OpRun::OpRun(const OpCase& op, const Options& options)
    : op_(op),
      pool_(options.threads),
      program_({.device = kernels::Cpu{&pool_},
                .storage = options.storage,
                .recompute = options.recompute}) {
  std::vector<Tensor> arguments;
  for (const OpCase::Argument& argument : op_.arguments) {
    const Tensor parameter = program_.parameter(argument.name, argument.shape, {});
    parameters_.push_back(parameter);
    if (!argument.is_activation) {
      arguments.push_back(parameter);
    } else if (options.storage == engine::Type::BFloat16) {
      arguments.push_back(engine::convert(program_, parameter, options.storage));
    } else {  // + 0 makes an activation of it, whose memory others may take over
      arguments.push_back(
          engine::add(program_, parameter, program_.input("zeros", argument.shape)));
    }
  }
  const OpCase::Recorded recorded = op_.record(program_, arguments);
  std::vector<Tensor> losses;
  for (size_t i = 0; i < recorded.results.size(); ++i) {
    const auto seed = static_cast<std::uint32_t>(kResults + i);
    losses_.push_back(op_.results_are_losses ? WeightedSum{recorded.results[i], {}}
                                             : weighted_sum(program_, recorded.results[i], seed));
    losses.push_back(losses_.back().loss);
  }
  for (size_t i = 0; options.accumulate && i < arguments.size(); ++i) {
    const auto seed = static_cast<std::uint32_t>(kAccumulated + i);
    losses.push_back(weighted_sum(program_, arguments[i], seed).loss);
  }
  program_.backward(losses);
  session_ = std::make_unique<Session>(
      program_, engine::SessionOptions{.share_activations = options.share_activations,
                                       .poison = options.poison});
  session_->initialize(1);
  fill_arguments();
  if (recorded.fill) recorded.fill(*session_);
}

void OpRun::fill_arguments() {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const auto numbers = numbers_of(op_.arguments[i], static_cast<std::uint32_t>(kArguments + i));
    std::copy(numbers.begin(), numbers.end(), session_->data(parameters_[i]));
  }
}

std::vector<std::vector<float>> OpRun::gradients() {
  session_->forward_backward();
  std::vector<std::vector<float>> result;
  for (const Tensor parameter : parameters_) {
    const float* gradient = session_->data(gradient_of(program_, parameter));
    result.emplace_back(gradient, gradient + size_of(program_.shape(parameter)));
  }
  return result;
}

std::vector<float> OpRun::added(size_t argument) const {
  return random_array<float>(size_of(op_.arguments.at(argument).shape),
                             static_cast<std::uint32_t>(kAccumulated + argument));
}

std::vector<std::vector<double>> OpRun::numeric_gradients(float step) {
  std::vector<std::vector<double>> result;
  for (const Tensor parameter : parameters_)
    result.push_back(numeric_gradient(*session_, parameter, losses_, step));
  return result;
}

}  // namespace test
