// Two-dimensional convolution (cross-correlation), grouped and strided, and its gradients.
//
//   x         [images, height, width, in_channels]
//   weight    [out_channels, in_channels / groups, kernel_height, kernel_width]   float
//   bias      [out_channels]   float, or null for none
//   y         [images, out_height, out_width, out_channels]
//
//   y[n,h,w,o] = bias[o] + sum over i, a, b of
//                x[n, h*stride - padding + a, w*stride - padding + b, i] * weight[o,i,a,b]
//   out_height = (height + 2*padding - kernel_height) / stride + 1, rounded down
//
//   d_x       = the transposed convolution of d_y with weight
//   d_weight  = sum over images and positions of x * d_y;   d_bias = sum of d_y
//
// The transposed convolution of x with weight *is* d_x above, so it needs no kernel of its own: see
// engine/ops/transposed_convolution.h. A linear layer is a 1x1 convolution of 1x1 images.
//
// How a device does it is decided once, by a plan made while recording; scratch memory is an
// argument. On the CPU each plan cuts the images into slices that depend on the sizes only and
// sums their weight gradients in a fixed order: results do not depend on the number of threads. On
// a GPU a plan is one of cuDNN or, for 1x1 images, of cuBLASLt: see kernels/cudnn.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "kernels/base/context.h"
#include "kernels/base/gradient_mode.h"
#include "kernels/base/launch.h"
#include "kernels/base/type.h"

namespace kernels {

struct ConvolutionSizes {
  int images = 1, height = 1, width = 1, in_channels = 1, out_channels = 1;
  int kernel_height = 1, kernel_width = 1, stride = 1, padding = 0, groups = 1;

  int out_height() const { return (height + 2 * padding - kernel_height) / stride + 1; }
  int out_width() const { return (width + 2 * padding - kernel_width) / stride + 1; }
  long weight_size() const {
    return long{out_channels} * (in_channels / groups) * kernel_height * kernel_width;
  }
  long multiply_adds() const { return weight_size() * images * out_height() * out_width(); }
};

enum class ConvolutionPass { Forward, BackwardData, BackwardWeight };

// "convolution forward bf16 640x32x32x64->64 kernel 3x3 stride 1 padding 1 groups 1".
std::string describe(const ConvolutionSizes&, ConvolutionPass, Type);

// x and y (and their gradients) are stored as the plan's type, and so are packed weights.
struct PackWeight {
  const float* weight;
  void* packed_weight;  // [packed_weight_size()]
};
struct ConvolutionForward {
  const void* x;
  const float *weight, *bias;
  void *y, *workspace;
  const void* packed_weight = nullptr;  // in place of weight, where the plan has such
};
struct ConvolutionBackwardData {
  const void* d_y;
  const float* weight;
  void *d_x, *workspace;
  GradientMode mode;
  const void* packed_weight = nullptr;
};
struct ConvolutionBackwardWeight {
  const void *x, *d_y;
  float *d_weight, *d_bias;
  void* workspace;
  GradientMode mode;
};

class ConvolutionPlan {
 public:
  virtual ~ConvolutionPlan() = default;
  // `mode` is that of a backward pass: adding can take another algorithm than writing.
  virtual std::size_t workspace_bytes(ConvolutionPass,
                                      GradientMode mode = GradientMode::Overwrite) const = 0;
  virtual std::string implementation(ConvolutionPass,
                                     GradientMode mode = GradientMode::Overwrite) const = 0;
  virtual double operations() const = 0;  // of one pass: a multiply-add counts twice
  // Forward and backward_data may take the weight in another form, which is made once for both. 0:
  // they take it as it is, and there is nothing to pack.
  virtual long packed_weight_size() const { return 0; }
  virtual Launch pack_weight(const PackWeight&) const { return {}; }
  virtual Launch forward(const ConvolutionForward&) const = 0;
  virtual Launch backward_data(const ConvolutionBackwardData&) const = 0;
  virtual Launch backward_weight(const ConvolutionBackwardWeight&) const = 0;
};

// An Error says what is wrong with sizes that no plan can have.
void check_sizes(const ConvolutionSizes&);

// type: Float or BFloat16, the storage of x and y. `bias` says whether forward and backward_weight
// will be given one.
std::shared_ptr<const ConvolutionPlan> plan_convolution(Cpu, const ConvolutionSizes&, Type type,
                                                        bool bias);

// In builds with cuDNN. cuda.libraries must be there, and outlive the plan. A pass is planned, and
// its algorithms are timed, when its workspace is first asked for: evaluation never pays for
// gradients. An Error in one line says where the libraries have nothing for it.
//
// Weights, packed ones too, begin at a multiple of 16 bytes; x and y as well, or between two pixels
// of an array that does.
std::shared_ptr<const ConvolutionPlan> plan_convolution(Cuda, const ConvolutionSizes&, Type type,
                                                        bool bias);

}  // namespace kernels
