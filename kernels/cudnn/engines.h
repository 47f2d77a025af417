// What cuDNN offers for one pass of a convolution: engines with their settings ("knobs"), in turn
// those that its heuristics A and B advise, then those of its list of fallbacks.
//
// An engine is left out that, by its own notes,
//   - is not deterministic, unless Cuda::deterministic is off;
//   - adds in less than float;
//   - rounds float factors to TF32 (uses tensor cores), unless Cuda::tensor_float is on;
//   - rounds float factors to even less (converts down), always;
//   - is compiled when its plan is made, where no driver is there to take the code.
//
// Gradients of weights are offered twice where x and y are bfloat16: as the float that they are
// summed in, which few engines can write, and rounded to bfloat16.
#pragma once

#include <memory>
#include <string>

#include "kernels/convolution/library_algorithm.h"

namespace kernels::cudnn {

// `add`: BackwardData adds to what d_x holds. `work` names the pass where plans are kept. An Error
// where cuDNN does not take the operation.
std::unique_ptr<LibraryOffer> engines(const Cuda&, const ConvolutionSizes&, ConvolutionPass, Type,
                                      bool add, const std::string& work);

}  // namespace kernels::cudnn
