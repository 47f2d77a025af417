// Parameters, momentum and states of a session, by name, to and from safetensors files.
#pragma once

#include <functional>

#include "engine/checkpoint/safetensors.h"
#include "engine/runtime/session.h"

namespace engine {

// Whether the value of this name and role is meant.
using Selection = std::function<bool(const Value&)>;

// The selected values that live longer than a step: parameters, momentum, states.
std::vector<Tensor> kept(const Program&, const Selection&);
// The same with pointers into the session's memory.
std::vector<TensorEntry> entries_of(Session&, const Selection&);

// Fills all selected values from the file. An error lists the first few that are missing or of
// another shape; tensors of the file that the session does not know are left alone.
void load_entries(Session&, const Safetensors&, const Selection&);

}  // namespace engine
