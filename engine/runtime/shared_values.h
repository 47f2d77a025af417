// Which values a session has in common with another one's: how an evaluation sees the weights of a
// training.
#pragma once

#include <vector>

#include "engine/graph/program.h"

namespace engine {

// By value of `program`, the one of that name in `other`: of each parameter (an Error where there
// is none, or one of another shape), and of each state that `other` has. No tensor for all others,
// and for all where `other` is null. An Error where `program` is one that trains: its gradients lie
// as its own parameters do.
std::vector<Tensor> shared_values(const Program& program, const Program* other);

}  // namespace engine
