#include "engine/checkpoint/parameters.h"

#include "engine/checkpoint/differences.h"

namespace engine {
namespace {

bool is_kept(const Value& value) {
  const bool role =
      value.role == Role::Parameter || value.role == Role::Momentum || value.role == Role::State;
  return role && !value.whole && value.alias_of < 0 && value.type == Type::Float;
}

}  // namespace

std::vector<Tensor> kept(const Program& program, const Selection& selected) {
  std::vector<Tensor> tensors;
  for (int id = 0; id < static_cast<int>(program.values().size()); ++id)
    if (is_kept(program.value({id})) && selected(program.value({id}))) tensors.push_back({id});
  return tensors;
}

std::vector<TensorEntry> entries_of(Session& session, const Selection& selected) {
  std::vector<TensorEntry> entries;
  for (const Tensor t : kept(session.program(), selected)) {
    const Value& value = session.program().value(t);
    std::shared_ptr<const void> data = session.host_copy(t);
    entries.push_back({value.name, value.shape, value.type, data.get(), data});
  }
  return entries;
}

void load_entries(Session& session, const Safetensors& file, const Selection& selected) {
  Differences differences;
  const std::vector<Tensor> tensors = kept(session.program(), selected);
  for (const Tensor t : tensors) {
    const Value& value = session.program().value(t);
    if (!file.has(value.name))
      differences.add(value.name, " is missing");
    else if (file.shape(value.name) != value.shape)
      differences.add(value.name, " is ", text_of(file.shape(value.name)), ", expected ",
                      text_of(value.shape));
  }
  differences.require_none(file.path().string());
  for (const Tensor t : tensors) session.write(t, file.floats(session.program().value(t).name));
}

}  // namespace engine
