// What convolutions have in common: their sizes, and the three calls that convolution, transposed
// convolution and linear layers are made of.
#pragma once

#include <memory>

#include "engine/graph/gradients.h"
#include "engine/ops/convolution.h"
#include "kernels/convolution/convolution.h"

namespace engine {

// Of x, weight and bias as convolution() takes them; an Error says which does not fit.
kernels::ConvolutionSizes convolution_sizes(const Program&, Tensor x, Tensor weight, Tensor bias,
                                            const ConvolutionOptions&);

// As attributes of a call: "stride", "padding", "groups".
std::map<std::string, double> attributes_of(const ConvolutionOptions&);

using ConvolutionPlanPtr = std::shared_ptr<const kernels::ConvolutionPlan>;

ConvolutionPlanPtr plan_convolution(const Program&, const kernels::ConvolutionSizes&, Type,
                                    bool bias);

// The weight in the form that forward and backward-data calls of the plan take, made here and kept
// for both; none where they take the weight as it is.
Tensor append_pack_weight(Program&, const ConvolutionPlanPtr&, Tensor weight, Type);

struct ConvolutionTensors {
  Tensor x, weight, bias, y, packed_weight;
};
void append_convolution(Program&, const ConvolutionPlanPtr&, const ConvolutionTensors&,
                        const ConvolutionOptions&);

// d_x = transposed convolution of d_y.
struct ConvolutionDataTensors {
  Tensor d_y, weight, packed_weight;
};
void append_convolution_backward_data(Program&, const ConvolutionPlanPtr&,
                                      const ConvolutionDataTensors&, Gradients::Target d_x);

// Contributes to the gradients of weight and bias.
struct ConvolutionWeightTensors {
  Tensor x, d_y, weight, bias;
};
void append_convolution_backward_weight(Program&, Gradients&, const ConvolutionPlanPtr&,
                                        const ConvolutionWeightTensors&);

}  // namespace engine
