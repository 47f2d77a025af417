// What surrounds a library's algorithm on a GPU: arrays as we keep them are brought into the form
// that the library takes, and its result is brought back. All is launched on one stream, in order.
//
//   weight   float OIHW is packed: becomes OHWI of the pass's type, which forward and backward_data
//            share; d_weight, OHWI, becomes float OIHW
//   x, y     channels are padded with zeros, where the library is asked for more than there are
//   bias     is added to y afterwards; its gradient is a sum of our own
#pragma once

#include "kernels/convolution/library_algorithm.h"
#include "kernels/convolution/pass_plan.h"

namespace kernels {

// The sizes to ask a library for: without groups, channels come in whole 16 bytes, which tensor
// cores need.
ConvolutionSizes padded_channels(ConvolutionSizes, Type);

// Of the library's arrays for these sizes.
struct LibraryBytes {
  std::size_t x, weight, y;
};
LibraryBytes library_bytes(const ConvolutionSizes&, Type, Type weight_type);

// Elements of the weight that the library takes for these sizes, where ours are `sizes`; 0 where it
// takes ours as it is.
long packed_weight_size(const ConvolutionSizes& sizes, const ConvolutionSizes& taken, Type);
Launch pack_weight(const Cuda&, const ConvolutionSizes& sizes, const ConvolutionSizes& taken, Type,
                   const PackWeight&);

struct LibraryPass {
  ConvolutionSizes sizes;  // that the algorithm is for: with as many channels as ours, or more
  // The algorithm adds to d_x, or to a d_weight of one tap, with as many channels as ours.
  bool adds = false;
  LibraryAlgorithmPtr algorithm;
};

// `add`: the plan adds to its result, whoever does it.
std::unique_ptr<PassPlan> plan_library_pass(const Cuda&, const ConvolutionSizes&, ConvolutionPass,
                                            Type, bool bias, bool add, const LibraryPass&);

}  // namespace kernels
