#include "engine/runtime/memory_peak.h"

#include <algorithm>
#include <cstdio>
#include <map>

namespace engine {
namespace {

Tensor root_of(const Program& program, Tensor t) {
  const int of = program.value(t).alias_of;
  return of >= 0 ? Tensor{of} : t;
}

struct Life {
  size_t first, last;  // calls
};

// Of activations, by id.
std::map<int, Life> lives_of(const Program& program) {
  std::map<int, Life> lives;
  for (size_t i = 0; i < program.calls().size(); ++i)
    for (const auto* tensors : {&program.calls()[i].inputs, &program.calls()[i].outputs})
      for (const Tensor t : *tensors)
        if (t && program.value(root_of(program, t)).role == Role::Activation)
          lives.try_emplace(root_of(program, t).id, Life{i, i}).first->second.last = i;
  return lives;
}

std::string mebibytes(std::size_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%8.1f MiB", static_cast<double>(bytes) / (1 << 20));
  return text;
}

}  // namespace

MemoryPeak memory_peak(const Program& program, const MemoryPlan& plan) {
  const std::map<int, Life> lives = lives_of(program);
  MemoryPeak peak;
  for (size_t call = 0; call < program.calls().size(); ++call) {
    std::map<std::size_t, Tensor> places;  // a value that is handed over has the other's place
    for (const auto& [id, life] : lives) {
      if (call < life.first || call > life.last) continue;
      Tensor& there = places[plan.offset[static_cast<size_t>(id)]];
      if (!there || program.value(there).bytes() < program.value({id}).bytes()) there = {id};
    }
    std::size_t bytes = 0;
    for (const auto& [offset, t] : places) bytes += aligned(program.value(t).bytes());
    if (bytes <= peak.bytes) continue;
    peak = {call, bytes, {}};
    for (const auto& [offset, t] : places) peak.alive.push_back(t);
  }
  std::stable_sort(peak.alive.begin(), peak.alive.end(), [&](Tensor a, Tensor b) {
    return program.value(a).bytes() > program.value(b).bytes();
  });
  return peak;
}

std::string memory_report(const Program& program, int lines) {
  const MemoryPlan plan = plan_memory(program);
  const MemoryPeak peak = memory_peak(program, plan);
  std::string text = mebibytes(plan.arena_bytes) + " of activations and workspaces, " +
                     mebibytes(plan.unshared_bytes).substr(1) + " if nothing were shared\n";
  if (peak.alive.empty()) return text;
  const Call& call = program.calls()[peak.call];
  text += kernels::text(mebibytes(peak.bytes), " at call ", peak.call, ", ", call.name,
                        call.scope.empty() ? "" : " of ", call.scope, ":\n");
  std::size_t rest = 0;
  for (size_t i = 0; i < peak.alive.size(); ++i) {
    const Value& value = program.value(peak.alive[i]);
    if (i < static_cast<size_t>(lines))
      text += kernels::text(mebibytes(value.bytes()), "   ", value.name, " ", text_of(value.shape),
                            " ", kernels::name_of(value.type), "\n");
    else
      rest += value.bytes();
  }
  if (rest > 0)
    text += kernels::text(mebibytes(rest), "   ", peak.alive.size() - static_cast<size_t>(lines),
                          " others\n");
  return text;
}

}  // namespace engine
