// One pass of a convolution by one algorithm.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "kernels/convolution/convolution.h"

namespace kernels {

// The arrays of convolution.h, gradients in the places of what they belong to. Forward writes y,
// BackwardData x, BackwardWeight weight and bias; `add` adds to what is there.
struct PassArrays {
  void* x;
  float *weight, *bias;
  void *y, *workspace;
  bool add;
  struct BatchNorm {
    const float *scale = nullptr, *mean = nullptr, *beta = nullptr;  // [out_channels]
    const void* residual = nullptr;                                  // null for none
    bool relu = false;
  } batch_norm = {};                    // of a pass with that ending
  const void* packed_weight = nullptr;  // in place of weight
};

// What forward makes of its results before they leave the cache.
enum class Ending { None, BatchNorm };

class PassPlan {
 public:
  virtual ~PassPlan() = default;
  virtual std::size_t workspace_bytes() const = 0;
  virtual std::string implementation() const = 0;
  virtual Launch bind(const PassArrays&) const = 0;
};

// A plan that is a PassPlan for each pass.
class PassByPass : public ConvolutionPlan {
 public:
  explicit PassByPass(const ConvolutionSizes& sizes)
      : operations_(2.0 * static_cast<double>(sizes.multiply_adds())) {}
  std::size_t workspace_bytes(ConvolutionPass pass, GradientMode mode) const override {
    return of(pass, mode).workspace_bytes();
  }
  std::string implementation(ConvolutionPass pass, GradientMode mode) const override {
    return of(pass, mode).implementation();
  }
  double operations() const override { return operations_; }
  Launch forward(const ConvolutionForward& t) const override {
    return of(ConvolutionPass::Forward, GradientMode::Overwrite)
        .bind({.x = const_cast<void*>(t.x),
               .weight = const_cast<float*>(t.weight),
               .bias = const_cast<float*>(t.bias),
               .y = t.y,
               .workspace = t.workspace,
               .add = false,
               .packed_weight = t.packed_weight});
  }
  Launch backward_data(const ConvolutionBackwardData& t) const override {
    return of(ConvolutionPass::BackwardData, t.mode)
        .bind({.x = t.d_x,
               .weight = const_cast<float*>(t.weight),
               .bias = nullptr,
               .y = const_cast<void*>(t.d_y),
               .workspace = t.workspace,
               .add = t.mode == GradientMode::Accumulate,
               .packed_weight = t.packed_weight});
  }
  Launch backward_weight(const ConvolutionBackwardWeight& t) const override {
    return of(ConvolutionPass::BackwardWeight, t.mode)
        .bind({const_cast<void*>(t.x), t.d_weight, t.d_bias, const_cast<void*>(t.d_y), t.workspace,
               t.mode == GradientMode::Accumulate});
  }

 private:
  virtual const PassPlan& of(ConvolutionPass, GradientMode) const = 0;

  double operations_;
};

}  // namespace kernels
