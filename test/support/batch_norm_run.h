// Batch norm with arrays of its own, for tests: random inputs, results that start as NaN.
#pragma once

#include <cstdint>
#include <tuple>
#include <vector>

#include "kernels/batch_norm/batch_norm.h"
#include "test/support/catch.h"
#include "test/support/gradient_start.h"
#include "test/support/workspace.h"

namespace test {

inline constexpr float kEpsilon = 1e-5f, kMomentum = 0.1f;

inline long size_of(const kernels::BatchNormSizes& s) {
  return long{s.views} * s.rows * s.channels;
}

template <class T>
struct BatchNormInputs {
  explicit BatchNormInputs(const kernels::BatchNormSizes& sizes, Bounds bounds = {-1.0f, 2.0f})
      : s(sizes),
        x(random_array<T>(size_of(s), 1, bounds)),
        residual(random_array<T>(size_of(s), 2)),
        d_y(random_array<T>(size_of(s), 3, {-1.0f, 2.0f})),
        gamma(random_array<float>(s.channels, 4, {0.5f, 1.5f})),
        beta(random_array<float>(s.channels, 5)),
        running_mean(random_array<float>(s.channels, 6)),
        running_variance(random_array<float>(s.channels, 7, {0.5f, 1.5f})) {}
  kernels::BatchNormSizes s;
  std::vector<T> x, residual, d_y;
  std::vector<float> gamma, beta, running_mean, running_variance;
};

inline std::size_t partial_bytes(kernels::Cpu cpu, const kernels::BatchNormSizes& s) {
  return static_cast<std::size_t>(kernels::batch_norm_partial_size(cpu, s)) * sizeof(float);
}

struct Fused {
  bool residual = false, relu = false;
};

// What the forward pass's results hold before a run, and, in a run, after it.
template <class T>
struct BatchNormResults {
  explicit BatchNormResults(const BatchNormInputs<T>& in)
      : y(nan<T>(size_of(in.s))),
        mean(nan<float>(long{in.s.views} * in.s.channels)),
        inv_std(mean),
        running_mean(in.running_mean),
        running_variance(in.running_variance),
        positive(static_cast<std::size_t>(in.s.positive_size()), ~0u) {}

  auto all() const {
    return std::tuple(y, mean, inv_std, running_mean, running_variance, positive);
  }

  std::vector<T> y;
  std::vector<float> mean, inv_std, running_mean, running_variance;
  std::vector<std::uint32_t> positive;

 private:
  template <class E>
  static std::vector<E> nan(long size) {
    return gradient_start<E>(size, kernels::GradientMode::Overwrite);
  }
};

// A run is made by its constructor. Arguments may be changed before they are used.
template <class T>
struct BatchNormForwardRun : BatchNormResults<T> {
  template <class Change>
  BatchNormForwardRun(kernels::Cpu cpu, const BatchNormInputs<T>& in, Fused fused,
                      const Change& change)
      : BatchNormResults<T>(in) {
    Workspace partial(partial_bytes(cpu, in.s));
    kernels::BatchNormForward<T> arguments{
        .x = in.x.data(),
        .residual = fused.residual ? in.residual.data() : nullptr,
        .gamma = in.gamma.data(),
        .beta = in.beta.data(),
        .y = this->y.data(),
        .mean = this->mean.data(),
        .inv_std = this->inv_std.data(),
        .running_mean = this->running_mean.data(),
        .running_variance = this->running_variance.data(),
        .partial = static_cast<float*>(partial.data()),
        .positive = fused.relu ? this->positive.data() : nullptr,
        .epsilon = kEpsilon,
        .momentum = kMomentum};
    change(*this, arguments);
    kernels::batch_norm_forward(cpu, in.s, arguments);
    REQUIRE(partial.kept_within());
  }
  BatchNormForwardRun(kernels::Cpu cpu, const BatchNormInputs<T>& in, Fused fused)
      : BatchNormForwardRun(cpu, in, fused, [](auto&, auto&) {}) {}
};

struct BatchNormModes {
  kernels::GradientMode x{}, residual{}, gamma{}, beta{};
};

// What gradients hold before a run, and, in a run, after it.
template <class T>
struct BatchNormGradients {
  BatchNormGradients(const kernels::BatchNormSizes& s, const BatchNormModes& modes)
      : d_x(gradient_start<T>(size_of(s), modes.x, 11)),
        d_residual(gradient_start<T>(size_of(s), modes.residual, 12)),
        d_gamma(gradient_start<float>(s.channels, modes.gamma, 13)),
        d_beta(gradient_start<float>(s.channels, modes.beta, 14)) {}
  auto all() const { return std::tuple(d_x, d_residual, d_gamma, d_beta); }
  std::vector<T> d_x, d_residual;
  std::vector<float> d_gamma, d_beta;
};

template <class T>
struct BatchNormBackwardRun : BatchNormGradients<T> {
  template <class Change>
  BatchNormBackwardRun(kernels::Cpu cpu, const BatchNormInputs<T>& in,
                       const BatchNormResults<T>& forward, Fused fused, const BatchNormModes& modes,
                       const Change& change)
      : BatchNormGradients<T>(in.s, modes) {
    Workspace partial(partial_bytes(cpu, in.s));
    kernels::BatchNormBackward<T> arguments{
        .d_y = in.d_y.data(),
        .x = in.x.data(),
        .gamma = in.gamma.data(),
        .mean = forward.mean.data(),
        .inv_std = forward.inv_std.data(),
        .positive = fused.relu ? forward.positive.data() : nullptr,
        .d_x = this->d_x.data(),
        .d_residual = fused.residual ? this->d_residual.data() : nullptr,
        .d_gamma = this->d_gamma.data(),
        .d_beta = this->d_beta.data(),
        .partial = static_cast<float*>(partial.data()),
        .x_mode = modes.x,
        .residual_mode = modes.residual,
        .gamma_mode = modes.gamma,
        .beta_mode = modes.beta};
    change(*this, arguments);
    kernels::batch_norm_backward(cpu, in.s, arguments);
    REQUIRE(partial.kept_within());
  }
  BatchNormBackwardRun(kernels::Cpu cpu, const BatchNormInputs<T>& in,
                       const BatchNormResults<T>& forward, Fused fused,
                       const BatchNormModes& modes = {})
      : BatchNormBackwardRun(cpu, in, forward, fused, modes, [](auto&, auto&) {}) {}
};

}  // namespace test
