// Every kernel for GPUs, as steps of training call them.
#pragma once

#include "kernels/distillation/distillation.h"
#include "kernels/pooling/window.h"
#include "tools/auxtrain-bench/cuda/kernel_case.h"

namespace tools {

using KernelCases = std::vector<KernelCase>;

// What the sizes of a step's kernels follow from. ResNet-18 and ResNet-20 for CIFAR, trained with
// five views of 128 images; of networks for ImageNet what follows their stem.
struct StepSizes {
  int views = 5, images = 128;
  int side = 32, imagenet_side = 112;            // of feature maps, at first
  int resnet18_width = 64, resnet20_width = 16;  // their channels, at first
  long parameters = 33'497'202;                  // of ResNet-18 and four auxiliary classifiers
  std::vector<int> classes = {10, 100, 1000};
};
KernelCases kernel_cases(const StepSizes& = {});

// The calls of one operation, forward and backward where there are both.

struct BatchNormOptions {
  bool residual = false, relu = false;
};
KernelCases batch_norm_cases(kernels::Type, const engine::Shape& x, BatchNormOptions);
// With statistics that are known: a second time, and in inference.
KernelCases batch_norm_apply_cases(kernels::Type, const engine::Shape& x, BatchNormOptions);

KernelCases relu_cases(kernels::Type, const engine::Shape&);
KernelCases sigmoid_cases(kernels::Type, const engine::Shape&);
KernelCases dropout_cases(kernels::Type, const engine::Shape&);  // forward and backward are one
KernelCases fill_cases(kernels::Type, const engine::Shape&);
KernelCases sum_cases(kernels::Type, const engine::Shape&);
KernelCases multiply_cases(kernels::Type, const engine::Shape&);
KernelCases convert_cases(kernels::Type from, kernels::Type to, const engine::Shape&);

struct WindowOptions {
  int kernel, stride, padding;
};
KernelCases max_pooling_cases(kernels::Type, const engine::Shape& x, WindowOptions);
KernelCases average_pooling_cases(kernels::Type, const engine::Shape& x, WindowOptions);
KernelCases global_average_cases(kernels::Type, const engine::Shape& x);

KernelCases bias_cases(kernels::Type, const engine::Shape& y);

// To padded channels, 16 bytes of them in all or a multiple of that, and back. Images become what
// they are or less.
KernelCases weight_layout_cases(kernels::Type, const engine::Shape& oihw);
KernelCases channel_padding_cases(kernels::Type from, kernels::Type to, const engine::Shape& x);

KernelCases cross_entropy_cases(const engine::Shape& logits);
KernelCases distillation_cases(const engine::Shape& logits, kernels::Teacher);
KernelCases weight_penalty_cases(int heads, int classes, int features);
KernelCases sgd_cases(long parameters);

// Five views, of as many channels.
KernelCases view_cases(kernels::Type, int images, int side, int channels);

}  // namespace tools
