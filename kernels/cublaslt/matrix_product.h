// Linear layers, convolutions of 1x1 images, as matrix products of cuBLASLt:
//
//   Forward          y = x * weight'
//   BackwardData     d_x = d_y * weight         or added to d_x
//   BackwardWeight   d_weight = d_y' * x        or added to d_weight
//
//   x [images, in_channels], y [images, out_channels]   of the pass's type
//   weight [out_channels, in_channels]                  of it, but float for BackwardWeight
//
// Factors that are float are never rounded, not even to TF32: these layers cost next to nothing.
#pragma once

#include <memory>

#include "kernels/convolution/convolution.h"
#include "kernels/convolution/library_algorithm.h"

namespace kernels::cublaslt {

// Whether a convolution is one.
bool is_matrix_product(const ConvolutionSizes&);

// Where there is a device: cuBLASLt's heuristics ask it.
std::unique_ptr<LibraryOffer> matrix_products(const Cuda&, const ConvolutionSizes&, ConvolutionPass,
                                              Type, bool add);

}  // namespace kernels::cublaslt
