// Times every operation by itself, also those that no workload uses.
#pragma once

#include <regex>

#include "kernels/base/thread_pool.h"
#include "tools/auxtrain-bench/measured.h"
#include "tools/auxtrain-bench/op_cases.h"

namespace tools {

// The operation alone in a program, forward and backward: its arguments are inputs that want a
// gradient, and the gradients of its results are given.
void record_alone(engine::Program&, const OpCase&, OpCase::Recorded&);

// Rows of every call of each of large_op_cases() whose name, or kernel's, matches.
std::vector<CallRow> measure_operations(kernels::ThreadPool&, kernels::Type storage,
                                        const std::regex& filter, double least_seconds);

}  // namespace tools
