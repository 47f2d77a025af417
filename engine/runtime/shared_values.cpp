#include "engine/runtime/shared_values.h"

#include <map>
#include <string>

namespace engine {
namespace {

bool is_sharable(const Value& value) {
  return (value.role == Role::Parameter || value.role == Role::State) && value.alias_of < 0 &&
         !value.whole;
}

}  // namespace

std::vector<Tensor> shared_values(const Program& program, const Program* other) {
  const auto& values = program.values();
  std::vector<Tensor> shared(values.size());
  if (!other) return shared;
  std::map<std::string, Tensor> theirs;
  for (size_t id = 0; id < other->values().size(); ++id)
    if (is_sharable(other->values()[id])) theirs[other->values()[id].name] = {static_cast<int>(id)};
  for (size_t id = 0; id < values.size(); ++id) {
    CHECK(values[id].role != Role::Gradient && values[id].role != Role::Momentum,
          "session: a program that trains cannot have another session's parameters");
    if (!is_sharable(values[id])) continue;
    const auto found = theirs.find(values[id].name);
    if (found == theirs.end() && values[id].role == Role::State) continue;  // its own
    CHECK(found != theirs.end(), "session: the other session has no parameter ", values[id].name);
    CHECK(other->shape(found->second) == values[id].shape, "session: ", values[id].name, " is ",
          text_of(values[id].shape), " here and ", text_of(other->shape(found->second)),
          " in the other session");
    shared[id] = found->second;
  }
  return shared;
}

}  // namespace engine
