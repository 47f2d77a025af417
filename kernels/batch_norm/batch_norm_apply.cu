// Batch norm on a GPU with statistics that are known: recomputation and inference. Blocks, warps
// and threads own what they own in batch_norm.cu; x (and the residual) is read and y written once.
#include "kernels/batch_norm/normalise.cuh"

namespace kernels {
namespace {

// Of a view, by channel: scale = gamma * inv_std, or gamma / sqrt(variance + epsilon).
struct Known {
  const float *gamma, *beta, *mean, *inv_std, *variance;
  float epsilon;
  long stride;  // from one view's mean and inv_std to the next one's

  __device__ float scale(int view, int channel) const {
    if (inv_std) return gamma[channel] * inv_std[view * stride + channel];
    return gamma[channel] / sqrtf(variance[channel] + epsilon);
  }
};

template <class Tile>
__global__ void __launch_bounds__(Tile::kThreads, Tile::kBlocks)
    batch_norm_apply_kernel(BatchNormSizes s, BatchNormCut cut, Known known,
                            const typename Tile::Element* x, Normalise<typename Tile::Element> to) {
  const int view = static_cast<int>(blockIdx.z);
  const Tile tile(s, cut, static_cast<int>(blockIdx.y));
  Affine<Tile::kWidth> affine = {};
  if (tile.inside)
    for (int k = 0; k < Tile::kWidth; ++k) {
      const int channel = tile.channel + k;
      affine.mean[k] = known.mean[view * known.stride + channel];
      affine.scale[k] = known.scale(view, channel);
      affine.beta[k] = known.beta[channel];
    }
  for (int round = 0; round < cut.rounds; round += Tile::kBatch)
    normalise_batch(tile, to, view, affine, round, cut.rounds,
                    [&](int at) { return load_vector<Tile::kWidth>(x + tile.at(view, at)); });
}

template <class T>
void apply(Cuda cuda, const BatchNormSizes& s, const Known& known, const T* x,
           const Normalise<T>& to) {
  const BatchNormCut cut = two_passes(cuda, s, sizeof(T), all_aligned({x, to.residual, to.y}));
  with_tile<T, kThreads>(cut, [&](auto tag) {
    launch(cuda, geometry_of(cut, s.views), batch_norm_apply_kernel<typename decltype(tag)::Of>, s,
           cut, known, x, to);
  });
}

}  // namespace

template <class T>
void batch_norm_recompute(Cuda cuda, BatchNormSizes s, const BatchNormRecompute<T>& t) {
  apply<T>(cuda, s, {t.gamma, t.beta, t.mean, t.inv_std, nullptr, 0, s.channels}, t.x,
           {t.residual, t.y, t.relu, nullptr});
}

template <class T>
void batch_norm_inference(Cuda cuda, BatchNormSizes s, const BatchNormInference<T>& t) {
  apply<T>(cuda, s, {t.gamma, t.beta, t.running_mean, nullptr, t.running_variance, t.epsilon, 0},
           t.x, {t.residual, t.y, t.relu, nullptr});
}

template void batch_norm_recompute(Cuda, BatchNormSizes, const BatchNormRecompute<float>&);
template void batch_norm_recompute(Cuda, BatchNormSizes, const BatchNormRecompute<bfloat16>&);
template void batch_norm_inference(Cuda, BatchNormSizes, const BatchNormInference<float>&);
template void batch_norm_inference(Cuda, BatchNormSizes, const BatchNormInference<bfloat16>&);

}  // namespace kernels
