// The last step of batch norm's forward pass on a GPU, which recomputation and inference have too.
#pragma once

#include "kernels/batch_norm/tiles.cuh"

namespace kernels {

// y = scale * (x - mean) + beta (+ residual), through the ReLU where there is one.
template <class T>
struct Normalise {
  const T* residual;  // null for none
  T* y;
  bool relu;
  std::uint32_t* positive;  // null where nobody wants the ReLU's bits
};

// Of a thread's channels. The difference comes first: scale * x can be far larger than y.
template <int kWidth>
struct Affine {
  float mean[kWidth], scale[kWidth], beta[kWidth];
};

// Stores a row's bits of the tile. All lanes come; `stores` says whether the row exists.
template <class Tile>
__device__ void store_bits(const Tile& tile, std::uint32_t* positive, long row, unsigned bits,
                           bool stores) {
  for (int lanes = 1; lanes < Tile::kAcross; lanes *= 2)
    bits |= __shfl_xor_sync(kWholeWarp, bits, lanes);
  if (!stores || threadIdx.x % Tile::kAcross != 0) return;
  const int words = (tile.channels + 31) / 32;
  if constexpr (Tile::kTileChannels == 32) {
    positive[row * words + tile.tile] = bits;
  } else if (tile.channels <= 16) {
    positive[row] = bits;
  } else {  // the lower half of a word is the one with the lower address
    auto* const halves = reinterpret_cast<std::uint16_t*>(positive + row * words);
    halves[tile.tile] = static_cast<std::uint16_t>(bits);
    const bool last = (tile.tile + 1) * Tile::kTileChannels >= tile.channels;
    if (last && tile.tile % 2 == 0) halves[tile.tile + 1] = 0;
  }
}

// The first rounds from `begin` on, kBatch of them where `end` is not nearer. x_at(round) gives
// their x, all of which is read before any of y is written.
template <class Tile, class T, class XAt>
__device__ void normalise_batch(const Tile& tile, const Normalise<T>& t, int view,
                                const Affine<Tile::kWidth>& affine, int begin, int end,
                                const XAt& x_at) {
  using Row = typename Tile::Row;
  constexpr int kBatch = Tile::kBatch;
  Row values[kBatch] = {}, residual[kBatch] = {};
  repeat<kBatch>([&](int i) {
    const int round = begin + i;
    if (round >= end || !tile.has(round)) return;
    values[i] = x_at(round);
    if (t.residual) residual[i] = load_vector<Tile::kWidth>(t.residual + tile.at(view, round));
  });
  repeat<kBatch>([&](int i) {
    const int round = begin + i;
    if (round >= end) return;
    const bool has = tile.has(round);
    unsigned bits = 0;
    if (has) {
      repeat<Tile::kWidth>([&](int k) {
        const float distance = static_cast<float>(values[i][k]) - affine.mean[k];
        float y = fmaf(distance, affine.scale[k], affine.beta[k]);
        if (t.residual) y += static_cast<float>(residual[i][k]);
        const bool passes = !(y <= 0);  // also NaN, which a ReLU must not hide
        bits |= static_cast<unsigned>(passes) << k;
        values[i][k] = T(passes || !t.relu ? y : 0.0f);
      });
      store_vector(t.y + tile.at(view, round), values[i]);
    }
    if (t.positive)
      store_bits(tile, t.positive, tile.bits_at(view, round),
                 bits << tile.channel % Tile::kTileChannels, has);
  });
}

}  // namespace kernels
