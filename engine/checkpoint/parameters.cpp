#include "engine/checkpoint/parameters.h"

#include <cstring>

namespace engine {
namespace {

bool is_kept(const Value& value) {
  const bool role =
      value.role == Role::Parameter || value.role == Role::Momentum || value.role == Role::State;
  return role && !value.whole && value.alias_of < 0 && value.type == Type::Float;
}

}  // namespace

std::vector<TensorEntry> entries_of(Session& session, const Selection& selected) {
  std::vector<TensorEntry> entries;
  const auto& values = session.program().values();
  for (int id = 0; id < static_cast<int>(values.size()); ++id) {
    const Value& value = values[static_cast<size_t>(id)];
    if (is_kept(value) && selected(value))
      entries.push_back({value.name, value.shape, value.type, session.data({id})});
  }
  return entries;
}

void load_entries(Session& session, const Safetensors& file, const Selection& selected) {
  std::string differences;
  int count = 0;
  constexpr int kListed = 3;
  const auto differs = [&](const std::string& what) {
    if (++count <= kListed) differences += (count > 1 ? "; " : "") + what;
  };
  const std::vector<TensorEntry> entries = entries_of(session, selected);
  for (const TensorEntry& entry : entries) {
    if (!file.has(entry.name))
      differs(entry.name + " is missing");
    else if (file.shape(entry.name) != entry.shape)
      differs(entry.name + " is " + text_of(file.shape(entry.name)) + ", expected " +
              text_of(entry.shape));
  }
  CHECK(count == 0, file.path().string(), ": does not fit the model: ", differences,
        count > kListed ? kernels::text(" and ", count - kListed, " more") : "");
  for (const TensorEntry& entry : entries)
    std::memcpy(const_cast<void*>(entry.data), file.floats(entry.name),
                static_cast<std::size_t>(size_of(entry.shape)) * sizeof(float));
}

}  // namespace engine
