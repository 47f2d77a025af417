#include "engine/ops/batch_norm.h"

#include "engine/graph/gradients.h"
#include "kernels/batch_norm/batch_norm.h"

namespace engine {
namespace {

using kernels::BatchNormSizes;

struct Recorded {
  Tensor x, y = {}, mean = {}, inv_std = {}, positive = {};
  BatchNormTensors state;
  BatchNormOptions options;
  BatchNormSizes sizes;
};

Tensor scratch(Program& program, long floats) {
  return program.workspace(static_cast<std::size_t>(floats) * sizeof(float));
}

// For the statistics of a batch, and for the gradients.
Tensor scratch(Program& program, const BatchNormSizes& sizes) {
  return scratch(program, program.on_device([&](auto device) {
    return kernels::batch_norm_partial_size(device, sizes);
  }));
}

template <class T>
void append_inference(Program& program, const Recorded& r) {
  program.call({.name = "batch_norm_inference",
                .inputs = {r.x, r.state.gamma, r.state.beta, r.state.running_mean,
                           r.state.running_variance, r.options.residual},
                .outputs = {r.y, scratch(program, r.sizes.channels)},
                .in_place = {{0, 0}}},
               [=](auto device, const Buffers& b) {
                 const kernels::BatchNormInference<T> arrays{.x = b.in<T>(0),
                                                             .residual = b.in<T>(5),
                                                             .gamma = b.in(1),
                                                             .beta = b.in(2),
                                                             .running_mean = b.in(3),
                                                             .running_variance = b.in(4),
                                                             .y = b.out<T>(0),
                                                             .partial = b.out(1),
                                                             .relu = r.options.relu,
                                                             .epsilon = r.options.epsilon};
                 return [=] { kernels::batch_norm_inference(device, r.sizes, arrays); };
               });
}

template <class T>
void append_forward(Program& program, const Recorded& r) {
  program.call({.name = "batch_norm_forward",
                .inputs = {r.x, r.state.gamma, r.state.beta, r.options.residual},
                .outputs = {r.y, r.mean, r.inv_std, r.positive, r.state.running_mean,
                            r.state.running_variance, scratch(program, r.sizes)}},
               [=](auto device, const Buffers& b) {
                 const kernels::BatchNormForward<T> arrays{.x = b.in<T>(0),
                                                           .residual = b.in<T>(3),
                                                           .gamma = b.in(1),
                                                           .beta = b.in(2),
                                                           .y = b.out<T>(0),
                                                           .mean = b.out(1),
                                                           .inv_std = b.out(2),
                                                           .running_mean = b.out(4),
                                                           .running_variance = b.out(5),
                                                           .partial = b.out(6),
                                                           .positive = b.out<std::uint32_t>(3),
                                                           .epsilon = r.options.epsilon,
                                                           .momentum = r.options.momentum};
                 return [=] { kernels::batch_norm_forward(device, r.sizes, arrays); };
               });
}

template <class T>
Tensor append_recompute(Program& program, Gradients& gradients, const Recorded& r) {
  const Tensor x = gradients.value(r.x);
  const Tensor residual = r.options.residual ? gradients.value(r.options.residual) : Tensor{};
  const Tensor y = program.activation("y_again", program.shape(r.y), program.type(r.y));
  program.call({.name = "batch_norm_recompute",
                .inputs = {x, r.state.gamma, r.state.beta, r.mean, r.inv_std, residual},
                .outputs = {y, scratch(program, long{r.sizes.views} * r.sizes.channels)},
                .in_place = {{0, 0}, {5, 0}}},
               [=](auto device, const Buffers& b) {
                 const kernels::BatchNormRecompute<T> arrays{.x = b.in<T>(0),
                                                             .residual = b.in<T>(5),
                                                             .gamma = b.in(1),
                                                             .beta = b.in(2),
                                                             .mean = b.in(3),
                                                             .inv_std = b.in(4),
                                                             .y = b.out<T>(0),
                                                             .partial = b.out(1),
                                                             .relu = r.options.relu};
                 return [=] { kernels::batch_norm_recompute(device, r.sizes, arrays); };
               });
  return y;
}

template <class T>
void append_backward(Program& program, Gradients& gradients, const Recorded& r) {
  const Tensor d_y = gradients.of(r.y);
  const Gradients::Target none{{}, GradientMode::Overwrite};
  const auto target_if_wanted = [&](Tensor t) {
    return t && gradients.wanted(t) ? gradients.target(t) : none;
  };
  const Gradients::Target d_x = target_if_wanted(r.x);
  const Gradients::Target d_residual = target_if_wanted(r.options.residual);
  const Gradients::Target d_gamma = gradients.target(r.state.gamma);
  const Gradients::Target d_beta = gradients.target(r.state.beta);
  Call call{.name = "batch_norm_backward",
            .inputs = {d_y, gradients.value(r.x), r.state.gamma, r.mean, r.inv_std, r.positive},
            .outputs = {d_x.gradient, d_residual.gradient, d_gamma.gradient, d_beta.gradient,
                        scratch(program, r.sizes)}};
  if (d_x.gradient && d_x.mode == GradientMode::Overwrite) call.in_place = {{0, 0}};
  program.call(std::move(call), [=](auto device, const Buffers& b) {
    const kernels::BatchNormBackward<T> arrays{.d_y = b.in<T>(0),
                                               .x = b.in<T>(1),
                                               .gamma = b.in(2),
                                               .mean = b.in(3),
                                               .inv_std = b.in(4),
                                               .positive = b.in<std::uint32_t>(5),
                                               .d_x = b.out<T>(0),
                                               .d_residual = b.out<T>(1),
                                               .d_gamma = b.out(2),
                                               .d_beta = b.out(3),
                                               .partial = b.out(4),
                                               .x_mode = d_x.mode,
                                               .residual_mode = d_residual.mode,
                                               .gamma_mode = d_gamma.mode,
                                               .beta_mode = d_beta.mode};
    return [=] { kernels::batch_norm_backward(device, r.sizes, arrays); };
  });
}

}  // namespace

void check_batch_norm(const Program& program, const Shape& shape, const BatchNormTensors& state,
                      const BatchNormOptions& options) {
  CHECK(shape.size() >= 3, "batch_norm: expected [views, images, ..., channels], got ",
        text_of(shape));
  const int channels = shape.back();
  for (Tensor t : {state.gamma, state.beta, state.running_mean, state.running_variance})
    CHECK(program.shape(t) == Shape{channels}, "batch_norm: ", program.value(t).name, " must have ",
          channels, " channels, got ", text_of(program.shape(t)));
  CHECK(!options.residual || program.shape(options.residual) == shape,
        "batch_norm: the residual must be ", text_of(shape), ", got ",
        text_of(program.shape(options.residual)));
}

Tensor batch_norm(Program& program, Tensor x, const BatchNormTensors& state,
                  const BatchNormOptions& options) {
  const Shape shape = program.shape(x);
  check_batch_norm(program, shape, state, options);
  // One kernel writes both gradients: they cannot be the same array.
  CHECK(options.residual != x,
        "batch_norm: the residual must not be its input; add() sums the two");
  const int channels = shape.back(), views = options.selective ? shape[0] : 1;
  Recorded r{.x = x, .state = state, .options = options, .sizes = {}};
  r.sizes = {views, static_cast<int>(size_of(shape) / channels / views), channels};
  r.y = program.activation("y", shape, program.type(x));
  if (!program.training()) {
    kernels::with_storage(program.type(x), [&](auto tag) {
      append_inference<typename decltype(tag)::type>(program, r);
    });
    return r.y;
  }
  r.mean = program.activation("mean", {views, channels}, Type::Float);
  r.inv_std = program.activation("inv_std", {views, channels}, Type::Float);
  if (options.relu)
    r.positive =
        program.activation("positive", {views, r.sizes.rows, r.sizes.words()}, Type::UInt32);
  kernels::with_storage(program.type(x), [&](auto tag) {
    using T = typename decltype(tag)::type;
    append_forward<T>(program, r);
    program.gradient(
        r.y, [r, &program](Gradients& gradients) { append_backward<T>(program, gradients, r); });
    program.recompute(r.y, [r, &program](Gradients& gradients) {
      return append_recompute<T>(program, gradients, r);
    });
  });
  return r.y;
}

}  // namespace engine
