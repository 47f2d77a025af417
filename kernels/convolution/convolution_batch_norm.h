// For inference: a convolution with the batch norm behind it by its running statistics, the
// residual sum and the ReLU, in one pass over y.
//
//   y = relu(gamma * (conv(x) + bias - running_mean) / sqrt(running_variance + epsilon)
//            + beta + residual)
//
// Arrays and sizes are those of convolution.h and batch_norm.h. In float the results are, bit for
// bit, those of convolution and batch_norm_inference() one after the other.
#pragma once

#include "kernels/convolution/convolution.h"

namespace kernels {

struct ConvolutionBatchNorm {
  const void *x, *residual;    // residual: null for none
  const float *weight, *bias;  // bias: null for none
  const float *gamma, *beta, *running_mean, *running_variance;
  void *y, *workspace;
  bool relu;
  float epsilon;
};

class ConvolutionBatchNormPlan {
 public:
  virtual ~ConvolutionBatchNormPlan() = default;
  virtual std::size_t workspace_bytes() const = 0;
  virtual std::string implementation() const = 0;
  virtual double operations() const = 0;  // of the convolution: a multiply-add counts twice
  virtual Launch forward(const ConvolutionBatchNorm&) const = 0;
};

// type: Float or BFloat16, the storage of x, residual and y.
std::shared_ptr<const ConvolutionBatchNormPlan> plan_convolution_batch_norm(Cpu,
                                                                            const ConvolutionSizes&,
                                                                            Type type, bool bias);

}  // namespace kernels
