// One pass of a convolution as a graph for cuDNN.
#pragma once

#include <cstdint>

#include "kernels/convolution/convolution.h"
#include "kernels/cudnn/descriptor.h"

namespace kernels::cudnn {

// What a variant pack names the arrays by.
enum ArrayName : std::int64_t { kX = 'x', kWeight = 'w', kY = 'y' };

// x and y NHWC of `type`, weights OHWI of it, too, except that BackwardWeight writes float. Sums
// are float. `add`: BackwardData adds to what d_x holds. `cudnn`: null without a device.
Descriptor convolution_graph(struct ::cudnnContext* cudnn, const ConvolutionSizes&, ConvolutionPass,
                             Type type, bool add);

}  // namespace kernels::cudnn
