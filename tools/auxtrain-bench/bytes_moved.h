// The least that a call can move between memory and processor: what a memory-bound one is judged
// by.
#pragma once

#include "engine/graph/program.h"

namespace tools {

// Bytes read plus bytes written by calls()[call], every array once: an array given twice is read
// once, one that is added to (a gradient, running statistics) is read and written. Scratch memory
// and what a kernel reads a second time are not counted.
double bytes_moved(const engine::Program&, std::size_t call);

// Whether t is memory of one call's own.
bool is_scratch(const engine::Program&, engine::Tensor t);

}  // namespace tools
