#include "tools/auxtrain-bench/cuda/kernel_cases.h"

#include <algorithm>
#include <iterator>

namespace tools {
namespace {

using engine::Shape;
using kernels::Type;

void add(KernelCases& all, KernelCases more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

void add_batch_norms(KernelCases& all, Type type, const StepSizes& s, int width, int stages) {
  for (int stage = 0; stage < stages; ++stage) {
    const int side = std::max(s.side >> stage, 1);
    const Shape x{s.views, s.images, side, side, width << stage};
    add(all, batch_norm_cases(type, x, {.relu = true}));
    add(all, batch_norm_cases(type, x, {.residual = true, .relu = true}));
  }
}

void add_stored_as(KernelCases& all, Type type, const StepSizes& s) {
  const Shape first{s.views, s.images, s.side, s.side, s.resnet18_width};
  const Shape last{s.views, s.images, std::max(s.side / 8, 1), std::max(s.side / 8, 1),
                   8 * s.resnet18_width};
  // Half a batch: the slabs of its last stage fit twice into shared memory as float too.
  const Shape half{s.views, s.images / 2, last[2], last[3], last[4]};
  const Shape stem{1, s.images, s.imagenet_side, s.imagenet_side, s.resnet18_width};
  const Shape image{s.views, s.images, s.side, s.side, 3};
  add_batch_norms(all, type, s, s.resnet18_width, 4);
  add_batch_norms(all, type, s, s.resnet20_width, 3);
  add(all, batch_norm_cases(type, first, {}));
  add(all, batch_norm_cases(type, half, {.relu = true}));
  add(all, batch_norm_cases(type, stem, {.relu = true}));
  add(all, batch_norm_apply_cases(type, first, {.residual = true, .relu = true}));
  add(all, relu_cases(type, first));
  add(all, sigmoid_cases(type, first));
  add(all, dropout_cases(type, first));
  add(all, fill_cases(type, first));
  add(all, sum_cases(type, first));
  add(all, multiply_cases(type, first));
  add(all, convert_cases(Type::Float, type, first));
  add(all, convert_cases(Type::BFloat16, type, first));
  add(all, bias_cases(type, {1, s.images, last[2], last[3], last[4] / 2}));
  add(all, max_pooling_cases(type, stem, {3, 2, 1}));
  add(all, average_pooling_cases(type, first, {2, 2, 0}));
  add(all, global_average_cases(type, last));
  add(all, weight_layout_cases(type, {s.resnet18_width, 3, 3, 3}));
  add(all, weight_layout_cases(type, {last[4], last[4], 3, 3}));
  add(all, channel_padding_cases(Type::Float, type, image));
  if (type == Type::BFloat16) add(all, channel_padding_cases(type, type, image));
  add(all, view_cases(type, s.images, s.side, 3));
  add(all, view_cases(type, s.images, s.side, type == Type::Float ? 4 : 8));
}

}  // namespace

KernelCases kernel_cases(const StepSizes& s) {
  KernelCases all;
  for (const Type type : {Type::Float, Type::BFloat16}) add_stored_as(all, type, s);
  add(all, sgd_cases(s.parameters));
  for (const int classes : s.classes) {
    const Shape logits{s.views, s.images, classes};
    add(all, cross_entropy_cases(logits));
    add(all, distillation_cases(logits, kernels::Teacher::Detached));
    add(all, distillation_cases(logits, kernels::Teacher::Mutual));
    add(all, weight_penalty_cases(s.views - 1, classes, 8 * s.resnet18_width));
  }
  return all;
}

}  // namespace tools
