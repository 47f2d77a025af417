#include "kernels/base/check.h"
#include "kernels/batch_norm/schedule.h"
#include "tools/auxtrain-bench/cuda/kernel_cases.h"

namespace tools {
namespace {

using kernels::BatchNormSizes;
using kernels::Cuda;
using kernels::GradientMode;
using kernels::Launch;

constexpr float kEpsilon = 1e-5f, kMomentum = .1f;

float about_one(kernels::Random& random) { return random.uniform(.5f, 1.5f); }

struct Layer {
  engine::Shape shape;
  BatchNormOptions with;
  long size = engine::size_of(shape);
  BatchNormSizes s{shape[0], static_cast<int>(size / shape[0] / shape[4]), shape[4]};
  long statistics = long{s.views} * s.channels;

  std::string operation() const {
    return kernels::text("batch_norm ", engine::text_of(shape), with.residual ? ", residual" : "",
                         with.relu ? ", relu" : "");
  }
};

template <class T>
Launch forward(Cuda cuda, const Layer& l, CaseArrays& a) {
  const kernels::BatchNormForward<T> t{
      .x = a.read<T>(l.size),
      .residual = l.with.residual ? a.read<T>(l.size) : nullptr,
      .gamma = a.read<float>(l.s.channels),
      .beta = a.read<float>(l.s.channels),
      .y = a.write<T>(l.size),
      .mean = a.write<float>(l.statistics),
      .inv_std = a.write<float>(l.statistics),
      .running_mean = a.update<float>(l.s.channels),
      .running_variance = a.update<float>(l.s.channels),
      .partial = a.scratch<float>(batch_norm_partial_size(cuda, l.s)),
      .positive = l.with.relu ? a.write<std::uint32_t>(l.s.positive_size()) : nullptr,
      .epsilon = kEpsilon,
      .momentum = kMomentum};
  const auto cut = batch_norm_forward_cut(cuda, l.s, sizeof(T), true);
  a.reread((1 - cut.kept_share()) * static_cast<double>(l.size) * sizeof(T));
  return [=, s = l.s] { batch_norm_forward(cuda, s, t); };
}

template <class T>
Launch backward(Cuda cuda, const Layer& l, CaseArrays& a) {
  const auto any_bits = [](kernels::Random& random) { return random.bits(); };
  const long words = l.with.relu ? l.s.positive_size() : 0;
  const kernels::BatchNormBackward<T> t{
      .d_y = a.read<T>(l.size),
      .x = a.read<T>(l.size),
      .gamma = a.read<float>(l.s.channels),
      .mean = a.read<float>(l.statistics),
      .inv_std = a.read<float>(l.statistics, about_one),
      .positive = l.with.relu ? a.read<std::uint32_t>(words, any_bits) : nullptr,
      .d_x = a.write<T>(l.size),
      .d_residual = l.with.residual ? a.write<T>(l.size) : nullptr,
      .d_gamma = a.write<float>(l.s.channels),
      .d_beta = a.write<float>(l.s.channels),
      .partial = a.scratch<float>(batch_norm_partial_size(cuda, l.s)),
      .x_mode = GradientMode::Overwrite,
      .residual_mode = GradientMode::Overwrite,
      .gamma_mode = GradientMode::Overwrite,
      .beta_mode = GradientMode::Overwrite};
  const auto cut = batch_norm_backward_cut(cuda, l.s, sizeof(T), true, l.with.relu);
  a.reread((1 - cut.kept_share()) *
           (2 * static_cast<double>(l.size) * sizeof(T) + 4 * static_cast<double>(words)));
  return [=, s = l.s] { batch_norm_backward(cuda, s, t); };
}

template <class T>
Launch recompute(Cuda cuda, const Layer& l, CaseArrays& a) {
  const kernels::BatchNormRecompute<T> t{.x = a.read<T>(l.size),
                                         .residual = l.with.residual ? a.read<T>(l.size) : nullptr,
                                         .gamma = a.read<float>(l.s.channels),
                                         .beta = a.read<float>(l.s.channels),
                                         .mean = a.read<float>(l.statistics),
                                         .inv_std = a.read<float>(l.statistics, about_one),
                                         .y = a.write<T>(l.size),
                                         .partial = nullptr,
                                         .relu = l.with.relu};
  return [=, s = l.s] { batch_norm_recompute(cuda, s, t); };
}

template <class T>
Launch inference(Cuda cuda, const Layer& l, CaseArrays& a) {
  const kernels::BatchNormInference<T> t{.x = a.read<T>(l.size),
                                         .residual = l.with.residual ? a.read<T>(l.size) : nullptr,
                                         .gamma = a.read<float>(l.s.channels),
                                         .beta = a.read<float>(l.s.channels),
                                         .running_mean = a.read<float>(l.s.channels),
                                         .running_variance = a.read<float>(l.s.channels, about_one),
                                         .y = a.write<T>(l.size),
                                         .partial = nullptr,
                                         .relu = l.with.relu,
                                         .epsilon = kEpsilon};
  return [=, s = l.s] { batch_norm_inference(cuda, s, t); };
}

KernelCase case_of(const char* kernel, kernels::Type type, const Layer& layer,
                   Launch (*prepare)(Cuda, const Layer&, CaseArrays&)) {
  return {layer.operation(), kernel, layer.shape, type,
          [=](Cuda cuda, CaseArrays& arrays) { return prepare(cuda, layer, arrays); }};
}

}  // namespace

KernelCases batch_norm_cases(kernels::Type type, const engine::Shape& x, BatchNormOptions with) {
  return kernels::with_storage(type, [&](auto tag) -> KernelCases {
    using T = typename decltype(tag)::type;
    const Layer layer{x, with};
    return {case_of("batch_norm_forward", type, layer, forward<T>),
            case_of("batch_norm_backward", type, layer, backward<T>)};
  });
}

KernelCases batch_norm_apply_cases(kernels::Type type, const engine::Shape& x,
                                   BatchNormOptions with) {
  return kernels::with_storage(type, [&](auto tag) -> KernelCases {
    using T = typename decltype(tag)::type;
    const Layer layer{x, with};
    return {case_of("batch_norm_recompute", type, layer, recompute<T>),
            case_of("batch_norm_inference", type, layer, inference<T>)};
  });
}

}  // namespace tools
