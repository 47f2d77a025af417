// Linear layers, which are convolutions of 1x1 images, as matrix products of cuBLASLt:
//
//   Forward          y = x * weight'
//   BackwardData     d_x = d_y * weight         or added to d_x
//   BackwardWeight   d_weight = d_y' * x        or added to d_weight
//
//   x [images, in_channels], y [images, out_channels]   of `type`
//   weight [out_channels, in_channels]                  of `type`, but float for BackwardWeight
//
// Products of float factors are those of float, never TF32: they cost next to nothing.
#pragma once

#include <memory>

#include "kernels/convolution/convolution.h"
#include "kernels/cudnn/algorithm.h"

namespace kernels::cublaslt {

bool is_matrix_product(const ConvolutionSizes&);

// Needs a device: cuda.libraries->has_device().
std::unique_ptr<Algorithms> matrix_products(const Cuda&, const ConvolutionSizes&, ConvolutionPass,
                                            Type, bool add);

}  // namespace kernels::cublaslt
