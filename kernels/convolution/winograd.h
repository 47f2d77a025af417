// 3x3 convolutions of stride 1 by Winograd's F(4x4, 3x3): a quarter of the multiplications of the
// direct algorithm, between transforms; see winograd_transforms.h.
//
// Channels-last arrays stay as they are. For each of the 36 points of a transformed tile there is
// one matrix product over channels:
//
//   inputs   [36, tiles, channels]      of x: 6x6 pixels, 4 apart
//   weights  [36, panels, channels, 16] made anew from the plain weights each time
//   outputs  [36, tiles, out_channels]
//
// Where the transformed weights fit into a core's cache, every thread takes a few tiles through all
// three phases, so that transformed tiles never leave the cache; else the threads share each phase
// over many tiles, so that the weights are read seldom. Every output is the same either way.
#pragma once

#include <memory>

#include "kernels/convolution/pass_plan.h"

namespace kernels {

// Whether Winograd's algorithm can compute it: 3x3, stride 1, groups 1, padding at most 2, channels
// in multiples of 16.
bool winograd_fits(const ConvolutionSizes&);

std::unique_ptr<PassPlan> plan_winograd(Cpu, const ConvolutionSizes&, ConvolutionPass, Type,
                                        bool bias, Ending);

}  // namespace kernels
