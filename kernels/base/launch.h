// A kernel with everything it needs bound to it: no allocation, no decision, no synchronisation.
#pragma once

#include <functional>

namespace kernels {

using Launch = std::function<void()>;

}  // namespace kernels
