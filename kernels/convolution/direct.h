// The library's direct algorithms, on slices of the images; for every convolution.
#pragma once

#include <memory>

#include "kernels/convolution/pass_plan.h"

namespace kernels {

std::unique_ptr<PassPlan> plan_direct(Cpu, const ConvolutionSizes&, ConvolutionPass, Type,
                                      bool bias, Ending);

}  // namespace kernels
