// Times whole steps, and what their loader costs them.
#pragma once

#include "tools/auxtrain-bench/network.h"

namespace tools {

StepRow measure_step(const Workload&, Network&, const Ceilings&, double least_seconds);

// Steps whose batches the loader makes (CIFAR-sized images, the recipes' five views), in turn with
// steps that train on what lies there. The workload must be a training.
LoaderRow measure_loader(const Workload&, Network&, kernels::ThreadPool&, double least_seconds);

// From here on, peak_resident_bytes() is of what comes.
void forget_peak_resident_bytes();
std::size_t peak_resident_bytes();  // 0 where the system does not say

}  // namespace tools
