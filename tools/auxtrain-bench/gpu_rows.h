// Rows of every kernel for GPUs, each by itself.
#pragma once

#include <regex>

#include "kernels/base/gpu.h"
#include "tools/auxtrain-bench/measured.h"

namespace tools {

// Of each of kernel_cases() that is stored as one of the types, and whose operation or kernel
// matches.
Measured measure_gpu(const kernels::Gpu&, const std::vector<kernels::Type>&,
                     const std::regex& filter, double least_seconds);

}  // namespace tools
