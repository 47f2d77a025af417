// What cuDNN offers for a pass of a convolution: engines with settings ("knobs"), as its heuristics
// A and B advise, then those of the fallback list.
//
// An engine is left out where
//   - it says that it is not deterministic, unless Cuda::deterministic is off;
//   - it sums in less than float;
//   - it rounds float factors: to TF32 (tensor cores), unless Cuda::tensor_float is on, or to even
//     less (it says that it converts down), always.
#pragma once

#include <memory>
#include <string>

#include "kernels/convolution/convolution.h"
#include "kernels/cudnn/algorithm.h"
#include "kernels/cudnn/descriptor.h"

namespace kernels::cudnn {

// `add`: BackwardData adds to what d_x holds. An Error where cuDNN does not take the operation.
std::unique_ptr<Algorithms> engines(const Cuda&, const ConvolutionSizes&, ConvolutionPass, Type,
                                    bool add, const std::string& work);

// A finalised plan for this device from its serialised form, and back.
Descriptor plan_from_json(const CudaLibraries&, const std::string& json);
std::string json_of_plan(const Descriptor& plan);

}  // namespace kernels::cudnn
