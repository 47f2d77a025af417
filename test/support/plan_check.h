// A memory plan, checked by brute force: no two values that are alive together may overlap.
#pragma once

#include <string>

#include "engine/runtime/planner.h"

namespace test {

// Empty where the plan is sound, else what is wrong with it. A value is alive from the first call
// that touches it or an alias of it to the last. Only a call that allows it may hand memory over,
// from an input that ends there, and that it is given once, to an output that begins there.
std::string fault_of(const engine::Program&, const engine::MemoryPlan&);

// How many outputs have taken over an input's memory.
int taken_over(const engine::Program&, const engine::MemoryPlan&);

}  // namespace test
