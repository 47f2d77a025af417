#include "test/support/plan_check.h"

#include <vector>

namespace test {
namespace {

using engine::Call;
using engine::MemoryPlan;
using engine::Program;
using engine::Tensor;

struct Life {
  int first = -1, last = -1;
  std::size_t begin = 0, end = 0;  // bytes of the arena
};

int root_of(const Program& program, Tensor t) {
  const int of = program.value(t).alias_of;
  return of >= 0 ? of : t.id;
}

std::vector<Life> lives_of(const Program& program, const MemoryPlan& plan) {
  std::vector<Life> lives(program.values().size());
  for (int i = 0; i < static_cast<int>(program.calls().size()); ++i) {
    const Call& call = program.calls()[static_cast<size_t>(i)];
    for (const auto* tensors : {&call.inputs, &call.outputs})
      for (const Tensor t : *tensors) {
        if (!t) continue;
        Life& life = lives[static_cast<size_t>(root_of(program, t))];
        if (life.first < 0) life.first = i;
        life.last = i;
      }
  }
  for (size_t id = 0; id < lives.size(); ++id) {
    lives[id].begin = plan.offset[id];
    lives[id].end = plan.offset[id] + program.values()[id].bytes();
  }
  return lives;
}

int uses_of(const Program& program, const std::vector<Tensor>& tensors, int root) {
  int uses = 0;
  for (const Tensor t : tensors) uses += t && root_of(program, t) == root;
  return uses;
}

// Whether the call that ends `from` and begins `to` may do both in the same place.
bool may_hand_over(const Program& program, const Call& call, int from, int to) {
  for (const Call::InPlace& pair : call.in_place)
    if (call.inputs[static_cast<size_t>(pair.input)].id == from &&
        call.outputs[static_cast<size_t>(pair.output)].id == to)
      return uses_of(program, call.inputs, from) == 1 && uses_of(program, call.outputs, from) == 0;
  return false;
}

}  // namespace

std::string fault_of(const Program& program, const MemoryPlan& plan) {
  const std::vector<Life> lives = lives_of(program, plan);
  const auto& values = program.values();
  const auto is_placed = [&](size_t id) {
    return values[id].role == engine::Role::Activation && values[id].alias_of < 0 &&
           lives[id].first >= 0;
  };
  for (size_t a = 0; a < lives.size(); ++a) {
    if (!is_placed(a)) continue;
    if (lives[a].end > plan.arena_bytes) return values[a].name + " ends beyond the arena";
    if (lives[a].begin % engine::kAlignment != 0) return values[a].name + " is not aligned";
    for (size_t b = 0; b < lives.size(); ++b) {
      const bool together = lives[a].first <= lives[b].last && lives[b].first <= lives[a].last;
      const bool overlap = lives[a].begin < lives[b].end && lives[b].begin < lives[a].end;
      if (a == b || !is_placed(b) || !together || !overlap) continue;
      const auto [from, to] = lives[a].first < lives[b].first ? std::pair(a, b) : std::pair(b, a);
      const int meeting = lives[to].first;
      if (lives[from].first < meeting && lives[from].last == meeting &&
          may_hand_over(program, program.calls()[static_cast<size_t>(meeting)],
                        static_cast<int>(from), static_cast<int>(to)))
        continue;
      return kernels::text(values[a].name, " (calls ", lives[a].first, " to ", lives[a].last,
                           ") overlaps ", values[b].name, " (calls ", lives[b].first, " to ",
                           lives[b].last, ")");
    }
  }
  for (size_t id = 0; id < values.size(); ++id) {
    if (values[id].role != engine::Role::Activation || values[id].alias_of < 0) continue;
    const size_t root = static_cast<size_t>(values[id].alias_of);
    if (lives[root].first >= 0 && plan.offset[id] != plan.offset[root] + values[id].alias_offset)
      return values[id].name + " is not a part of " + values[root].name;
  }
  return "";
}

int taken_over(const Program& program, const MemoryPlan& plan) {
  const std::vector<Life> lives = lives_of(program, plan);
  int count = 0;
  for (int i = 0; i < static_cast<int>(program.calls().size()); ++i) {
    const Call& call = program.calls()[static_cast<size_t>(i)];
    for (const Call::InPlace& pair : call.in_place) {
      const Tensor from = call.inputs[static_cast<size_t>(pair.input)];
      const Tensor to = call.outputs[static_cast<size_t>(pair.output)];
      if (!from || !to) continue;
      const Life &source = lives[static_cast<size_t>(from.id)],
                 &target = lives[static_cast<size_t>(to.id)];
      count += program.value(from).role == engine::Role::Activation && target.first == i &&
               source.last == i && source.begin == target.begin;
    }
  }
  return count;
}

}  // namespace test
