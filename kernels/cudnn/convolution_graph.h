// One pass of a convolution as cuDNN's graph of operations: what is to be computed, not how.
#pragma once

#include <cstdint>

#include "kernels/convolution/convolution.h"
#include "kernels/cudnn/descriptor.h"

struct cudnnContext;  // what a cudnnHandle_t points to

namespace kernels::cudnn {

// What a plan knows its arrays by.
constexpr std::int64_t kX = 'x', kWeight = 'w', kY = 'y';

struct GraphOptions {
  Type weight_type;  // that of x and y, or float where BackwardWeight writes it
  bool add = false;  // BackwardData adds to what d_x holds
};

// Arrays as in library_algorithm.h; sums are float. The handle is null without a device.
Descriptor convolution_graph(cudnnContext*, const ConvolutionSizes&, ConvolutionPass, Type,
                             const GraphOptions&);

}  // namespace kernels::cudnn
