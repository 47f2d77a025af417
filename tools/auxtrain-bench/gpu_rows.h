// Rows of a GPU: whole steps, and every kernel by itself.
#pragma once

#include <regex>

#include "kernels/base/gpu.h"
#include "tools/auxtrain-bench/measured.h"

namespace tools {

struct GpuRows {
  std::vector<Workload> steps = {};
  bool kernels = false;                   // of kernel_cases(),
  std::vector<kernels::Type> types = {};  // those stored as one of these,
  std::regex filter{};                    // and whose operation or kernel matches
};
// `least_seconds` for a step; a tenth of it for a kernel.
Measured measure_gpu(const kernels::Gpu&, const GpuRows&, double least_seconds);

}  // namespace tools
