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
  } batch_norm = {};  // of a pass with that ending
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

}  // namespace kernels
