#include "tools/auxtrain-bench/calls.h"

#include <algorithm>
#include <map>

#include "tools/auxtrain-bench/bytes_moved.h"

namespace tools {
namespace {

using engine::Call;
using engine::Program;
using engine::Tensor;

// What tells calls apart that do different work: the kernel, the largest array, the arithmetic.
struct Kind {
  std::string kernel, shape, type;
  double bytes, operations;
  auto operator<=>(const Kind&) const = default;  // NOLINT(modernize-use-nullptr)
};

Kind kind_of(const Program& program, std::size_t index) {
  const Call& call = program.calls()[index];
  const double bytes = bytes_moved(program, index);
  Tensor largest;
  for (const auto* tensors : {&call.outputs, &call.inputs})
    for (const Tensor t : *tensors) {
      if (!t || program.value(t).whole || is_scratch(program, t)) continue;
      if (!largest || program.value(t).bytes() > program.value(largest).bytes()) largest = t;
    }
  if (!largest || call.name == "sgd") return {call.name, "all weights", "float", bytes, 0};
  // What is multiplied has the type of the images, whatever the weights are kept in.
  const Tensor counts = call.operations > 0 ? call.inputs[0] : largest;
  return {call.name, engine::text_of(program.shape(largest)),
          kernels::name_of(program.type(counts)), bytes, call.operations};
}

CallRow row_of(const Kind& kind, const std::string& where) {
  return {.where = where,
          .kernel = kind.kernel,
          .shape = kind.shape,
          .type = kind.type,
          .bytes = kind.bytes,
          .operations = kind.operations};
}

}  // namespace

std::vector<CallRow> calls_of(const Program& program, const std::string& where) {
  std::map<Kind, CallRow> by_kind;
  for (std::size_t i = 0; i < program.calls().size(); ++i) {
    const Kind kind = kind_of(program, i);
    ++by_kind.try_emplace(kind, row_of(kind, where)).first->second.count;
  }
  std::vector<CallRow> rows;
  for (auto& [kind, row] : by_kind) rows.push_back(std::move(row));
  return rows;
}

std::vector<CallRow> measure_calls(engine::Session& session, const std::string& where,
                                   const std::regex& filter, double least_seconds) {
  const Program& program = session.program();
  const auto& calls = program.calls();
  const bool all = std::regex_search(where, filter);
  const auto matches = [&](const Call& call) {
    return all || std::regex_search(call.name, filter);
  };
  if (std::none_of(calls.begin(), calls.end(), matches)) return {};
  constexpr int kMostSteps = 100, kLeastSteps = 5;
  for (std::size_t i = 0; i < calls.size(); ++i) session.run_call(i);
  std::vector<Stopwatch> watches(calls.size(), Stopwatch(kMostSteps));
  double total = 0;
  for (int step = 0; step < kMostSteps && (total < least_seconds || step < kLeastSteps); ++step)
    for (std::size_t i = 0; i < calls.size(); ++i) {
      watches[i].time([&] { session.run_call(i); });
      total += watches[i].last();
    }
  std::map<Kind, CallRow> by_kind;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (!matches(calls[i])) continue;
    const Kind kind = kind_of(program, i);
    CallRow& row = by_kind.try_emplace(kind, row_of(kind, where)).first->second;
    const Timing timing = watches[i].timing();
    ++row.count;  // means over the calls
    row.timing.seconds += (timing.seconds - row.timing.seconds) / row.count;
    row.timing.noise += (timing.noise - row.timing.noise) / row.count;
  }
  std::vector<CallRow> rows;
  for (auto& [kind, row] : by_kind) rows.push_back(std::move(row));
  std::stable_sort(rows.begin(), rows.end(), [](const CallRow& a, const CallRow& b) {
    return a.seconds_in_step() > b.seconds_in_step();
  });
  return rows;
}

}  // namespace tools
