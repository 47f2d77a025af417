// Selective batch normalisation: statistics are kept apart for every view of the batch. Fused with
// the residual sum and the ReLU that follow it.
//
//   x, residual, y            [views, rows, channels]  rows = images * height * width of one view
//   gamma, beta               [channels]               shared by all views
//   mean, inv_std             [views, channels]        saved for the backward pass
//   running_mean, _variance   [channels]               follow view 0 (the clean one) only
//   positive                  [views, rows, words(channels)]   bit c % 32 of word c / 32 is 1 where
//                             the ReLU lets channel c pass; saved for the backward pass
//   partial                   batch_norm_partial_size() floats of scratch
//
//   mean[v,c]    = average over rows of x[v,:,c]
//   inv_std[v,c] = 1 / sqrt(average over rows of (x[v,:,c] - mean[v,c])^2 + epsilon)
//   y            = relu(gamma * x_hat + beta + residual)      with x_hat = (x - mean) * inv_std
//   running     += momentum * (statistic of view 0 - running), the variance there divided by
//                  rows - 1 as PyTorch does, so that weights travel
//
//   g            = d_y where the ReLU let y pass, else 0
//   d_residual   = g
//   d_beta[c]    = sum over v, rows of g
//   d_gamma[c]   = sum over v, rows of g * x_hat
//   d_x          = gamma * inv_std * (g - mean_v(g) - x_hat * mean_v(g * x_hat)),
//                  mean_v = average over the rows of one view
//
// Statistics over all views together (the ablation of Table 9) are those of one view that has all
// rows. Sums are taken over blocks of rows that depend on the sizes (and the GPU) only, and added
// in order.
//
// Zhang et al.: Auxiliary Training (CVPR 2020), section 3.3; Ioffe and Szegedy: Batch Normalization
// (2015).
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/base/context.h"
#include "kernels/base/gradient_mode.h"

namespace kernels {

struct BatchNormSizes {
  int views, rows, channels;

  int words() const { return (channels + 31) / 32; }
  long positive_size() const { return long{views} * rows * words(); }
  // A block is large enough to share among threads; sums of at most 1024 rows stay exact enough.
  int rows_per_block() const { return std::clamp(32768 / channels, 1, 1024); }
  int blocks() const { return (rows + rows_per_block() - 1) / rows_per_block(); }
  static constexpr int kPerView = 6;  // numbers per view and channel, besides two per block
};

// How many floats of scratch batch_norm_forward() and batch_norm_backward() need.
inline long batch_norm_partial_size(Cpu, const BatchNormSizes& s) {
  return long{s.views} * (s.blocks() * 2 + s.kPerView) * s.channels;
}
long batch_norm_partial_size(Cuda, const BatchNormSizes&);

template <class T>
struct BatchNormForward {
  const T *x, *residual;  // residual: null for none
  const float *gamma, *beta;
  T* y;  // may be x
  float *mean, *inv_std, *running_mean, *running_variance, *partial;
  std::uint32_t* positive;  // null for no ReLU
  float epsilon, momentum;
};

template <class T>
struct BatchNormBackward {
  const T *d_y, *x;
  const float *gamma, *mean, *inv_std;
  const std::uint32_t* positive;  // null for no ReLU
  T* d_x;                         // may be d_y; null where nobody needs it
  T* d_residual;                  // null for none
  float *d_gamma, *d_beta, *partial;
  GradientMode x_mode, residual_mode, gamma_mode, beta_mode;
};

// y of the forward pass a second time, bit for bit, from what that one saved. Running statistics
// stay as they are.
template <class T>
struct BatchNormRecompute {
  const T *x, *residual;  // residual: null for none
  const float *gamma, *beta, *mean, *inv_std;
  T* y;            // may be x or residual
  float* partial;  // [views, channels]
  bool relu;
};

// y = relu(gamma * (x - running_mean) / sqrt(running_variance + epsilon) + beta + residual).
template <class T>
struct BatchNormInference {
  const T *x, *residual;  // residual: null for none
  const float *gamma, *beta, *running_mean, *running_variance;
  T* y;            // may be x
  float* partial;  // [channels]
  bool relu;
  float epsilon;
};

// T: float or bfloat16.
template <class T>
void batch_norm_forward(Cpu, BatchNormSizes, const BatchNormForward<T>&);
template <class T>
void batch_norm_backward(Cpu, BatchNormSizes, const BatchNormBackward<T>&);
template <class T>
void batch_norm_recompute(Cpu, BatchNormSizes, const BatchNormRecompute<T>&);
template <class T>
void batch_norm_inference(Cpu, BatchNormSizes, const BatchNormInference<T>&);

// Of a GPU, recomputation and inference need no scratch: their partial may be null. Arrays may lie
// anywhere; the fast way is for those that begin at multiples of 16 bytes, with channels of 16
// bytes in all or a multiple of that.
template <class T>
void batch_norm_forward(Cuda, BatchNormSizes, const BatchNormForward<T>&);
template <class T>
void batch_norm_backward(Cuda, BatchNormSizes, const BatchNormBackward<T>&);
template <class T>
void batch_norm_recompute(Cuda, BatchNormSizes, const BatchNormRecompute<T>&);
template <class T>
void batch_norm_inference(Cuda, BatchNormSizes, const BatchNormInference<T>&);

}  // namespace kernels
