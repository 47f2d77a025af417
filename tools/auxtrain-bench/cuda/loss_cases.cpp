// Losses, and the step that follows from them.
#include "kernels/base/check.h"
#include "kernels/cross_entropy/cross_entropy.h"
#include "kernels/sgd/sgd.h"
#include "kernels/weight_penalty/weight_penalty.h"
#include "tools/auxtrain-bench/cuda/kernel_cases.h"

namespace tools {
namespace {

using engine::Shape;
using kernels::Cuda;
using kernels::Launch;
using kernels::Type;

const std::int32_t* labels(CaseArrays& arrays, long count, int classes) {
  return arrays.read<std::int32_t>(count, [=](kernels::Random& random) {
    return random.below(static_cast<std::uint32_t>(classes));
  });
}

}  // namespace

KernelCases cross_entropy_cases(const Shape& logits) {
  const long size = engine::size_of(logits);
  const kernels::CrossEntropySizes s{static_cast<int>(size / logits.back()), logits.back()};
  const auto prepare = [=](Cuda cuda, CaseArrays& a) -> Launch {
    const kernels::CrossEntropy t{.logits = a.read<float>(size),
                                  .labels = labels(a, s.rows, s.classes),
                                  .weight = a.given<float>({1}),
                                  .row_loss = a.write<float>(s.rows),
                                  .row_correct = a.write<float>(s.rows),
                                  .loss = a.write<float>(1),
                                  .correct = a.write<float>(1),
                                  .d_logits = a.write<float>(size)};
    return [=] { cross_entropy(cuda, s, t); };
  };
  return {{kernels::text("cross_entropy ", engine::text_of(logits)), "cross_entropy", logits,
           Type::Float, prepare}};
}

KernelCases distillation_cases(const Shape& logits, kernels::Teacher teacher) {
  const long size = engine::size_of(logits), rows = size / logits.back();
  const kernels::DistillationSizes s{logits[0], logits[1], logits[2], teacher};
  const auto prepare = [=](Cuda cuda, CaseArrays& a) -> Launch {
    const kernels::Distillation t{.logits = a.read<float>(size),
                                  .labels = labels(a, s.images, s.classes),
                                  .ce_weight = a.read<float>(s.views),
                                  .kl_weight = a.given<float>({1}),
                                  .temperature = a.given<float>({1}),
                                  .row_ce = a.write<float>(rows),
                                  .row_kl = a.write<float>(rows),
                                  .row_correct = a.write<float>(rows),
                                  .loss = a.write<float>(1),
                                  .ce_loss = a.write<float>(s.views),
                                  .kl_loss = a.write<float>(s.views),
                                  .correct = a.write<float>(s.views),
                                  .d_logits = a.write<float>(size)};
    return [=] { distillation(cuda, s, t); };
  };
  const char* const taught = teacher == kernels::Teacher::Mutual ? ", mutual" : ", detached";
  return {{kernels::text("distillation ", engine::text_of(logits), taught), "distillation", logits,
           Type::Float, prepare}};
}

KernelCases weight_penalty_cases(int heads, int classes, int features) {
  const kernels::WeightPenaltySizes s{heads, classes, features};
  const auto prepare = [=](Cuda cuda, CaseArrays& a) -> Launch {
    const auto linear = [&]() -> kernels::WeightPenalty::Linear {
      return {.weight = a.read<float>(s.weights()),
              .bias = a.read<float>(s.classes),
              .d_weight = a.update<float>(s.weights()),
              .d_bias = a.update<float>(s.classes)};
    };
    kernels::WeightPenalty t{};
    t.primary = linear();
    for (int head = 0; head < s.heads; ++head) t.heads[head] = linear();
    t.coefficient = a.given<float>({1e-4f});
    t.partial_sums = a.scratch<float>(weight_penalty_scratch(s));
    t.loss = a.write<float>(1);
    t.distance = a.write<float>(s.heads);
    return [=] { weight_penalty(cuda, s, t); };
  };
  const Shape weight{classes, features};
  return {{kernels::text("weight_penalty ", heads, " heads ", engine::text_of(weight)),
           "weight_penalty", weight, Type::Float, prepare}};
}

KernelCases sgd_cases(long parameters) {
  const kernels::SgdSizes s{parameters};
  const auto prepare = [=](Cuda cuda, CaseArrays& a) -> Launch {
    const kernels::Sgd t{.d_w = a.read<float>(s.size),
                         .knobs = a.given<float>({.1f, .9f, 5e-4f, 0}),
                         .w = a.update<float>(s.size),
                         .m = a.update<float>(s.size)};
    return [=] { sgd(cuda, s, t); };
  };
  const Shape weights{static_cast<int>(parameters)};
  return {{"sgd " + engine::text_of(weights), "sgd", weights, Type::Float, prepare}};
}

}  // namespace tools
