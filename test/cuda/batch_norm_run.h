// Batch norm on the device, for tests: what test/support/batch_norm_run.h does, with arrays there.
#pragma once

#include "test/cuda/device_array.h"
#include "test/support/batch_norm_run.h"

namespace test {

// Where arrays begin, counted in elements from a multiple of 16 bytes; and who is written over.
struct BatchNormPlaces {
  enum Array { All, X, Residual, Y, DX };  // Residual and Y: also their gradients

  std::size_t offset = 0;
  Array moved = All;                   // whose offset that is; the others' is 0
  bool in_place = false;               // y over x, or d_x over d_y
  bool over_residual = false;          // y over the residual
  bool d_x = true, d_residual = true;  // whether somebody needs them

  std::size_t of(Array array) const { return moved == All || moved == array ? offset : 0; }
};

// Values at an offset, surrounded by nothing that may be touched but what lies before them.
template <class T>
class PlacedArray {
 public:
  PlacedArray(std::vector<T> values, std::size_t offset)
      : offset_(offset), array_(moved(std::move(values), offset)) {}
  T* data() const { return array_.data() + offset_; }
  std::vector<T> host() const {
    std::vector<T> values = array_.host();
    values.erase(values.begin(), values.begin() + static_cast<long>(offset_));
    return values;
  }

 private:
  static std::vector<T> moved(std::vector<T> values, std::size_t offset) {
    values.insert(values.begin(), offset, T{});
    return values;
  }
  std::size_t offset_;
  DeviceArray<T> array_;
};

inline std::size_t partial_floats(kernels::Cuda cuda, const kernels::BatchNormSizes& s) {
  return static_cast<std::size_t>(kernels::batch_norm_partial_size(cuda, s));
}

template <class T>
BatchNormResults<T> batch_norm_forward_on(kernels::Cuda cuda, const BatchNormInputs<T>& in,
                                          Fused fused, const BatchNormPlaces& places = {}) {
  BatchNormResults<T> results(in);
  const PlacedArray<T> x(in.x, places.of(places.X)), apart(results.y, places.of(places.Y));
  const PlacedArray<T> residual(in.residual, places.of(places.Residual));
  const PlacedArray<T>& y = places.in_place ? x : apart;
  const DeviceArray<float> gamma(in.gamma), beta(in.beta), mean(results.mean),
      inv_std(results.inv_std), running_mean(in.running_mean),
      running_variance(in.running_variance), partial(partial_floats(cuda, in.s));
  const DeviceArray<std::uint32_t> positive(results.positive);
  kernels::batch_norm_forward(
      cuda, in.s,
      kernels::BatchNormForward<T>{.x = x.data(),
                                   .residual = fused.residual ? residual.data() : nullptr,
                                   .gamma = gamma.data(),
                                   .beta = beta.data(),
                                   .y = y.data(),
                                   .mean = mean.data(),
                                   .inv_std = inv_std.data(),
                                   .running_mean = running_mean.data(),
                                   .running_variance = running_variance.data(),
                                   .partial = partial.data(),
                                   .positive = fused.relu ? positive.data() : nullptr,
                                   .epsilon = kEpsilon,
                                   .momentum = kMomentum});
  results.y = y.host();
  results.mean = mean.host();
  results.inv_std = inv_std.host();
  results.running_mean = running_mean.host();
  results.running_variance = running_variance.host();
  results.positive = positive.host();
  return results;
}

template <class T>
BatchNormGradients<T> batch_norm_backward_on(kernels::Cuda cuda, const BatchNormInputs<T>& in,
                                             const BatchNormResults<T>& forward, Fused fused,
                                             const BatchNormModes& modes = {},
                                             const BatchNormPlaces& places = {}) {
  BatchNormGradients<T> results(in.s, modes);
  const PlacedArray<T> x(in.x, places.of(places.X)), d_y(in.d_y, places.of(places.Y));
  const PlacedArray<T> apart(results.d_x, places.of(places.DX));
  const PlacedArray<T> d_residual(results.d_residual, places.of(places.Residual));
  const PlacedArray<T>& d_x = places.in_place ? d_y : apart;
  const DeviceArray<float> gamma(in.gamma), mean(forward.mean), inv_std(forward.inv_std),
      d_gamma(results.d_gamma), d_beta(results.d_beta), partial(partial_floats(cuda, in.s));
  const DeviceArray<std::uint32_t> positive(forward.positive);
  const bool wants_residual = fused.residual && places.d_residual;
  kernels::batch_norm_backward(
      cuda, in.s,
      kernels::BatchNormBackward<T>{.d_y = d_y.data(),
                                    .x = x.data(),
                                    .gamma = gamma.data(),
                                    .mean = mean.data(),
                                    .inv_std = inv_std.data(),
                                    .positive = fused.relu ? positive.data() : nullptr,
                                    .d_x = places.d_x ? d_x.data() : nullptr,
                                    .d_residual = wants_residual ? d_residual.data() : nullptr,
                                    .d_gamma = d_gamma.data(),
                                    .d_beta = d_beta.data(),
                                    .partial = partial.data(),
                                    .x_mode = modes.x,
                                    .residual_mode = modes.residual,
                                    .gamma_mode = modes.gamma,
                                    .beta_mode = modes.beta});
  results.d_x = d_x.host();
  results.d_residual = d_residual.host();
  results.d_gamma = d_gamma.host();
  results.d_beta = d_beta.host();
  return results;
}

template <class T>
std::vector<T> batch_norm_recompute_on(kernels::Cuda cuda, const BatchNormInputs<T>& in,
                                       const BatchNormResults<T>& forward, Fused fused,
                                       const BatchNormPlaces& places = {}) {
  const PlacedArray<T> x(in.x, places.of(places.X)), apart(in.d_y, places.of(places.Y));
  const PlacedArray<T> residual(in.residual, places.of(places.Residual));
  const PlacedArray<T>& y = places.in_place ? x : places.over_residual ? residual : apart;
  const DeviceArray<float> gamma(in.gamma), beta(in.beta), mean(forward.mean),
      inv_std(forward.inv_std);
  kernels::batch_norm_recompute(
      cuda, in.s,
      kernels::BatchNormRecompute<T>{.x = x.data(),
                                     .residual = fused.residual ? residual.data() : nullptr,
                                     .gamma = gamma.data(),
                                     .beta = beta.data(),
                                     .mean = mean.data(),
                                     .inv_std = inv_std.data(),
                                     .y = y.data(),
                                     .partial = nullptr,
                                     .relu = fused.relu});
  return y.host();
}

template <class T>
std::vector<T> batch_norm_inference_on(kernels::Cuda cuda, const BatchNormInputs<T>& in,
                                       Fused fused, const BatchNormPlaces& places) {
  const PlacedArray<T> x(in.x, places.offset), residual(in.residual, places.offset);
  const PlacedArray<T> apart(in.d_y, places.offset);
  const PlacedArray<T>& y = places.in_place ? x : apart;
  const DeviceArray<float> gamma(in.gamma), beta(in.beta), mean(in.running_mean),
      variance(in.running_variance);
  kernels::batch_norm_inference(
      cuda, in.s,
      kernels::BatchNormInference<T>{.x = x.data(),
                                     .residual = fused.residual ? residual.data() : nullptr,
                                     .gamma = gamma.data(),
                                     .beta = beta.data(),
                                     .running_mean = mean.data(),
                                     .running_variance = variance.data(),
                                     .y = y.data(),
                                     .partial = nullptr,
                                     .relu = fused.relu,
                                     .epsilon = kEpsilon});
  return y.host();
}

}  // namespace test
