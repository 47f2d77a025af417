// Weights: a block owns some channels of one filter, with all their taps. They are one run of x,
// which passes through shared memory, so that both x and y are reached in 16-byte accesses side by
// side. Pixels: a thread owns up to 16 bytes of one padded pixel. The floor is each array once.
#include "kernels/base/for_each_in_rows.cuh"
#include "kernels/layout/layout.h"

namespace kernels {
namespace {

constexpr int kThreads = 256, kRunWidth = 4;

// Where the floats of a run are in shared memory: of those that are some taps apart, most are in
// different banks.
HOST_DEVICE int place_of(int i) { return i + i / 32; }

struct WeightTiles {
  WeightLayoutSizes s;
  int tile_channels;  // a multiple of every vector width
  Divisor tiles;      // of a filter

  static int channels_of_tile(const WeightLayoutSizes& s) {
    constexpr int kFloats = 4096, kMostWidth = 8;
    const long floats = long{s.padded_channels} * s.taps;
    const int count = static_cast<int>((floats + kFloats - 1) / kFloats);
    const int channels = (s.padded_channels + count - 1) / count;
    return (channels + kMostWidth - 1) / kMostWidth * kMostWidth;
  }
  explicit WeightTiles(const WeightLayoutSizes& sizes)
      : s(sizes),
        tile_channels(channels_of_tile(sizes)),
        tiles((sizes.padded_channels + tile_channels - 1) / tile_channels) {
    CHECK(shared_bytes() <= 48 << 10, "weights of ", s.taps, " taps are more than are foreseen");
  }
  std::size_t shared_bytes() const {
    return static_cast<std::size_t>(place_of(tile_channels * s.taps)) * sizeof(float);
  }
  Geometry geometry() const {
    return {blocks_for(long{s.filters} * tiles.divisor(), 1), kThreads, shared_bytes()};
  }
  // Whether every run of x is a number of 16-byte accesses.
  bool has_wide_runs(const float* x) const {
    return s.channels * s.taps % kRunWidth == 0 && are_aligned<kRunWidth>(x);
  }
};

// What a block owns: `run` floats of x from x_offset on, and of every tap of y padded channels
// from y_offset on.
struct WeightTile {
  int channels, padded_channels, run;
  long x_offset, y_offset;

  __device__ explicit WeightTile(const WeightTiles& cut) {
    const WeightLayoutSizes& s = cut.s;
    const int block = static_cast<int>(blockIdx.x);
    const long filter = cut.tiles.quotient(block);
    const int first = cut.tiles.remainder(block) * cut.tile_channels;
    padded_channels = min(cut.tile_channels, s.padded_channels - first);
    channels = max(min(cut.tile_channels, s.channels - first), 0);
    run = channels * s.taps;
    x_offset = (filter * s.channels + first) * s.taps;
    y_offset = filter * s.taps * s.padded_channels + first;
  }
};

template <int kWidth, class T>
__global__ void __launch_bounds__(kThreads)
    weights_to_kernel(WeightTiles cut, WeightsToChannelsLast<T> t, bool wide_runs) {
  float* shared = dynamic_shared<float>();
  const WeightTile tile(cut);
  const int thread = static_cast<int>(threadIdx.x), taps = cut.s.taps;
  const float* x = t.x + tile.x_offset;
  if (wide_runs) {
    for (int i = thread * kRunWidth; i < tile.run; i += kThreads * kRunWidth) {
      const auto values = load_vector<kRunWidth>(x + i);
      for (int k = 0; k < kRunWidth; ++k) shared[place_of(i + k)] = values[k];
    }
  } else {
    for (int i = thread; i < tile.run; i += kThreads) shared[place_of(i)] = x[i];
  }
  __syncthreads();

  const int items = tile.padded_channels / kWidth;
  for (int i = thread; i < items * taps; i += kThreads) {
    const int tap = i / items, channel = i % items * kWidth;
    Vector<float, kWidth> y;
    for (int k = 0; k < kWidth; ++k) {
      const int c = channel + k;
      y[k] = c < tile.channels ? shared[place_of(c * taps + tap)] : 0.0f;
    }
    store_floats(t.y + tile.y_offset + tap * cut.s.padded_channels + channel, y);
  }
}

template <int kWidth, class T>
__global__ void __launch_bounds__(kThreads)
    weights_from_kernel(WeightTiles cut, WeightsFromChannelsLast<T> t, bool wide_runs) {
  float* shared = dynamic_shared<float>();
  const WeightTile tile(cut);
  const int thread = static_cast<int>(threadIdx.x), taps = cut.s.taps;
  const int items = (tile.channels + kWidth - 1) / kWidth;
  for (int i = thread; i < items * taps; i += kThreads) {
    const int tap = i / items, channel = i % items * kWidth;
    const auto y = load_floats<kWidth>(t.y + tile.y_offset + tap * cut.s.padded_channels + channel);
    for (int k = 0; k < kWidth; ++k)
      if (const int c = channel + k; c < tile.channels) shared[place_of(c * taps + tap)] = y[k];
  }
  __syncthreads();

  float* x = t.x + tile.x_offset;
  const auto give = [&](auto width, int i) {
    auto result = load_start<width>(x + i, t.mode);
    for (int k = 0; k < width; ++k) result[k] += shared[place_of(i + k)];
    store_vector(x + i, result);
  };
  if (wide_runs) {
    for (int i = thread * kRunWidth; i < tile.run; i += kThreads * kRunWidth)
      give(std::integral_constant<int, kRunWidth>(), i);
  } else {
    for (int i = thread; i < tile.run; i += kThreads) give(std::integral_constant<int, 1>(), i);
  }
}

template <class X, class Y, int kWidth>
struct Pad {
  int channels, padded_channels;
  PadChannels<X, Y> t;

  __device__ void at(int pixel, int item) const {
    const X* x = t.x + long{pixel} * channels;
    Vector<float, kWidth> y;
    for (int k = 0; k < kWidth; ++k) {
      const int c = item * kWidth + k;
      y[k] = c < channels ? static_cast<float>(x[c]) : 0.0f;
    }
    store_floats(t.y + long{pixel} * padded_channels + item * kWidth, y);
  }
};

template <class X, class Y, int kWidth>
struct Drop {
  int channels, padded_channels;
  DropChannels<X, Y> t;

  __device__ void at(int pixel, int item) const {
    const auto y = load_floats<kWidth>(t.y + long{pixel} * padded_channels + item * kWidth);
    X* x = t.x + long{pixel} * channels;
    for (int k = 0; k < kWidth; ++k) {
      const int c = item * kWidth + k;
      if (c >= channels) break;
      auto result = load_start<1>(x + c, t.mode);
      result[0] += y[k];
      store_floats(x + c, result);
    }
  }
};

}  // namespace

template <class T>
void weights_to_channels_last(Cuda cuda, WeightLayoutSizes s, const WeightsToChannelsLast<T>& t) {
  const WeightTiles tiles(s);
  with_channel_width<T>(
      s.padded_channels,
      [&](auto width) {
        launch(cuda, tiles.geometry(), weights_to_kernel<width, T>, tiles, t,
               tiles.has_wide_runs(t.x));
      },
      t.y);
}

template <class T>
void weights_from_channels_last(Cuda cuda, WeightLayoutSizes s,
                                const WeightsFromChannelsLast<T>& t) {
  const WeightTiles tiles(s);
  with_channel_width<T>(
      s.padded_channels,
      [&](auto width) {
        launch(cuda, tiles.geometry(), weights_from_kernel<width, T>, tiles, t,
               tiles.has_wide_runs(t.x));
      },
      t.y);
}

template <class X, class Y>
void pad_channels(Cuda cuda, PixelLayoutSizes s, const PadChannels<X, Y>& t) {
  with_channel_width<Y>(
      s.padded_channels,
      [&](auto width) {
        for_each_in_rows(cuda, s.pixels, s.padded_channels / width,
                         Pad<X, Y, width>{s.channels, s.padded_channels, t});
      },
      t.y);
}

template <class X, class Y>
void drop_channels(Cuda cuda, PixelLayoutSizes s, const DropChannels<X, Y>& t) {
  with_channel_width<Y>(
      s.padded_channels,
      [&](auto width) {
        for_each_in_rows(cuda, s.pixels, s.padded_channels / width,
                         Drop<X, Y, width>{s.channels, s.padded_channels, t});
      },
      t.y);
}

template void weights_to_channels_last(Cuda, WeightLayoutSizes,
                                       const WeightsToChannelsLast<float>&);
template void weights_to_channels_last(Cuda, WeightLayoutSizes,
                                       const WeightsToChannelsLast<bfloat16>&);
template void weights_from_channels_last(Cuda, WeightLayoutSizes,
                                         const WeightsFromChannelsLast<float>&);
template void weights_from_channels_last(Cuda, WeightLayoutSizes,
                                         const WeightsFromChannelsLast<bfloat16>&);
template void pad_channels(Cuda, PixelLayoutSizes, const PadChannels<float, float>&);
template void pad_channels(Cuda, PixelLayoutSizes, const PadChannels<float, bfloat16>&);
template void pad_channels(Cuda, PixelLayoutSizes, const PadChannels<bfloat16, bfloat16>&);
template void drop_channels(Cuda, PixelLayoutSizes, const DropChannels<float, float>&);
template void drop_channels(Cuda, PixelLayoutSizes, const DropChannels<float, bfloat16>&);
template void drop_channels(Cuda, PixelLayoutSizes, const DropChannels<bfloat16, bfloat16>&);

}  // namespace kernels
