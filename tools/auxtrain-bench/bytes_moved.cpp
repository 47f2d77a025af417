#include "tools/auxtrain-bench/bytes_moved.h"

#include <algorithm>

namespace tools {
namespace {

using engine::Program;
using engine::Role;
using engine::Tensor;
using engine::Value;

int root_of(const Program& program, Tensor t) {
  const int of = program.value(t).alias_of;
  return of >= 0 ? of : t.id;
}

bool overlap(const Program& program, Tensor a, Tensor b) {
  if (root_of(program, a) != root_of(program, b)) return false;
  const Value &x = program.value(a), &y = program.value(b);
  return x.alias_offset < y.alias_offset + y.bytes() && y.alias_offset < x.alias_offset + x.bytes();
}

// A value that stands for all of its role has the size of all of them.
double bytes_of(const Program& program, Tensor t) {
  const Value& value = program.value(t);
  if (!value.whole) return static_cast<double>(value.bytes());
  double bytes = 0;
  for (const Value& each : program.values())
    if (each.role == value.role && each.alias_of < 0 && !each.whole)
      bytes += static_cast<double>(each.bytes());
  return bytes;
}

// Whether a call adds to an output: it has been written before, or lives from step to step.
bool is_added_to(const Program& program, std::size_t call, Tensor t) {
  const Value& value = program.value(t);
  if (value.whole || value.role == Role::State) return true;
  const auto& calls = program.calls();
  return std::any_of(
      calls.begin(), calls.begin() + static_cast<long>(call), [&](const engine::Call& earlier) {
        return std::any_of(earlier.outputs.begin(), earlier.outputs.end(),
                           [&](Tensor other) { return other && overlap(program, t, other); });
      });
}

}  // namespace

bool is_scratch(const Program& program, Tensor t) {
  return program.value(t).name.ends_with("workspace");
}

double bytes_moved(const Program& program, std::size_t call) {
  const engine::Call& c = program.calls().at(call);
  double bytes = 0;
  std::vector<Tensor> counted;
  const auto is_first = [&](Tensor t) {
    if (!t || std::find(counted.begin(), counted.end(), t) != counted.end()) return false;
    counted.push_back(t);
    return true;
  };
  for (const Tensor t : c.inputs)
    if (is_first(t)) bytes += bytes_of(program, t);
  for (const Tensor t : c.outputs)
    if (is_first(t) && !is_scratch(program, t))
      bytes += bytes_of(program, t) * (is_added_to(program, call, t) ? 2 : 1);
  return bytes;
}

}  // namespace tools
