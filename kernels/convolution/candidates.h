// The algorithms that can compute a pass of a convolution, and the choice among them.
#pragma once

#include <memory>
#include <string>

#include "kernels/convolution/pass_plan.h"

namespace kernels {

// What AlgorithmChoices know such a pass by; "direct" is for all, "winograd" where it fits.
std::string work_of(const ConvolutionSizes&, ConvolutionPass, Type);

// By cpu.choices; an entry that is missing there is made by timing every candidate on one thread
// with few of the images, so that it depends neither on the number of threads nor much on that of
// the images. An entry that names no candidate is an Error.
std::unique_ptr<PassPlan> plan_fastest(Cpu, const ConvolutionSizes&, ConvolutionPass, Type,
                                       bool bias, Ending = Ending::None);

}  // namespace kernels
