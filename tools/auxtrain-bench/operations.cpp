#include "tools/auxtrain-bench/operations.h"

#include <algorithm>

#include "engine/graph/gradients.h"
#include "tools/auxtrain-bench/calls.h"
#include "tools/auxtrain-bench/network.h"

namespace tools {

using engine::Program;
using engine::Tensor;

namespace {

// What only the end of the program makes necessary: a gradient that goes on to a next operation
// is handed over without a copy, and is never filled with zeros.
bool is_glue(const std::string& kernel) { return kernel == "copy" || kernel == "fill"; }

}  // namespace

void record_alone(Program& program, const OpCase& op, OpCase::Recorded& recorded) {
  std::vector<Tensor> arguments;
  for (const OpCase::Argument& argument : op.arguments) {
    if (argument.is_activation) {
      arguments.push_back(program.input(argument.name, argument.shape, program.storage()));
      program.want_gradient(arguments.back());
    } else {
      arguments.push_back(program.parameter(argument.name, argument.shape,
                                            {engine::Initializer::Kind::Normal, 0.05f}));
    }
  }
  recorded = op.record(program, arguments);
  if (op.results_are_losses) return program.backward(recorded.results);
  std::vector<Tensor> losses;
  for (const Tensor result : recorded.results) {
    const Tensor d_result = program.input("d_result", program.shape(result), program.type(result));
    losses.push_back(program.state("loss", {1}));  // its rule alone is of use
    program.gradient(losses.back(),
                     [=](engine::Gradients& gradients) { gradients.contribute(result, d_result); });
  }
  program.backward(losses);
}

std::vector<CallRow> measure_operations(kernels::ThreadPool& pool, kernels::Type storage,
                                        const std::regex& filter, double least_seconds) {
  std::vector<CallRow> rows;
  for (const OpCase& op : large_op_cases()) {
    Program program({.device = kernels::Cpu{&pool}, .storage = storage});
    OpCase::Recorded recorded;
    record_alone(program, op, recorded);
    const auto& calls = program.calls();
    if (!std::regex_search(op.name, filter) &&
        std::none_of(calls.begin(), calls.end(), [&](const engine::Call& call) {
          return std::regex_search(call.name, filter);
        }))
      continue;
    engine::Session session(program);
    session.initialize(1);
    for (std::size_t id = 0; id < program.values().size(); ++id) {
      const engine::Value& value = program.values()[id];
      if (value.role == engine::Role::Input && value.alias_of < 0 &&
          (value.type == kernels::Type::Float || value.type == kernels::Type::BFloat16))
        fill(session, {static_cast<int>(id)});
    }
    if (recorded.fill) recorded.fill(session);
    for (CallRow& row : measure_calls(session, op.name, filter, least_seconds))
      if (!is_glue(row.kernel)) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace tools
