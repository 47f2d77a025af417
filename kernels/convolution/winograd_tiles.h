// Images, weights and gradients on their way into and out of Winograd's transformed tiles: what is
// read where, and where it lies then. The arithmetic is in winograd_transforms.h.
#pragma once

#include <algorithm>

#include "kernels/base/thread_pool.h"
#include "kernels/base/transpose.h"
#include "kernels/convolution/pass_plan.h"
#include "kernels/convolution/winograd_transforms.h"

namespace kernels::winograd {

// Rows of a power of two of bytes would all compete for the same lines of a cache.
inline long row_step(long channels) { return channels % 128 == 0 ? channels + kLanes : channels; }

// Images cut into tiles of 4x4 outputs; each reads 6x6 inputs from (-padding, -padding) on.
struct Tiles {
  int images, in_height, in_width, padding, out_height, out_width;
  int down() const { return (out_height + kOutputs - 1) / kOutputs; }
  int across() const { return (out_width + kOutputs - 1) / kOutputs; }
  long count() const { return long{images} * down() * across(); }

  struct Place {
    long image;
    int row, column;  // of the first output
  };
  Place place(long tile) const {
    const int per_image = down() * across(), rest = static_cast<int>(tile % per_image);
    return {tile / per_image, rest / across() * kOutputs, rest % across() * kOutputs};
  }
};

// Reads the rows x columns at (row, column) of an image [height, width, channels], zeros outside,
// as lanes of the channels from c on.
template <class T, int kSide>
struct Window {
  Window(const T* image, int height, int width, long channels, int row, int column)
      : origin_(image + (long{row} * width + column) * channels),
        down_(long{width} * channels),
        across_(channels) {
    for (int i = 0; i < kSide; ++i) {
      row_in_[i] = row + i >= 0 && row + i < height;
      column_in_[i] = column + i >= 0 && column + i < width;
      inside_ &= row_in_[i] && column_in_[i];
    }
  }
  bool inside() const { return inside_; }
  template <bool kInside>
  Lanes at(int i, int j, long c) const {
    if (kInside || (row_in_[i] && column_in_[j]))
      return load(origin_ + i * down_ + j * across_ + c);
    return Lanes{};
  }

 private:
  const T* origin_;
  long down_, across_;
  bool row_in_[kSide], column_in_[kSide], inside_ = true;
};

// Where transformed tiles lie: element (point, tile, c) at
// point * points + tile * tiles + c / 16 * groups + c % 16.
struct Layout {
  long points, tiles, groups;
  Layout(long tile_count, long channels, bool panels)
      : points(0),
        tiles(panels ? kLanes : row_step(channels)),
        groups(panels ? (tile_count + 1) * kLanes : kLanes) {
    points = (panels ? channels / kLanes * groups : tile_count * tiles) + kLanes;
  }
};

// One tile: `transform` goes over its columns, then over its rows. kSide numbers become 6.
template <bool kInside, class T, int kSide, class Transform>
void transform_tile(const Window<T, kSide>& window, long channels, Transform transform, float* to,
                    const Layout& layout) {
  for (long c = 0; c < channels; c += kLanes) {
    Lanes half[kInputs][kSide], column[kSide], row[kInputs];
    for (int j = 0; j < kSide; ++j) {
      for (int i = 0; i < kSide; ++i) column[i] = window.template at<kInside>(i, j, c);
      transform(column, &half[0][j], kSide);
    }
    for (int i = 0; i < kInputs; ++i) {
      transform(half[i], row, 1);
      for (int j = 0; j < kInputs; ++j)
        store(to + (i * kInputs + j) * layout.points + c / kLanes * layout.groups, row[j]);
    }
  }
}

// The tiles [begin, end) of images [height, width, channels]; the first goes to tile 0 of `to`.
template <int kSide, class T, class Transform>
void transform_tiles(const Tiles& tiles, const T* images, int height, int width, int padding,
                     long channels, Range range, Transform transform, float* to,
                     const Layout& layout) {
  for (long tile = range.begin; tile < range.end; ++tile, to += layout.tiles) {
    const Tiles::Place at = tiles.place(tile);
    const Window<T, kSide> window(images + at.image * height * width * channels, height, width,
                                  channels, at.row - padding, at.column - padding);
    if (window.inside())
      transform_tile<true>(window, channels, transform, to, layout);
    else
      transform_tile<false>(window, channels, transform, to, layout);
  }
}

// B' d B
template <class T>
void input_tiles(const Tiles& tiles, const T* x, long channels, Range range, float* to,
                 const Layout& layout) {
  const auto transform = [](const Lanes* from, Lanes* t, int step) {
    transform_inputs(from, t, step);
  };
  transform_tiles<kInputs>(tiles, x, tiles.in_height, tiles.in_width, tiles.padding, channels,
                           range, transform, to, layout);
}

// A d_y A'
template <class T>
void output_gradient_tiles(const Tiles& tiles, const T* d_y, long channels, Range range, float* to,
                           const Layout& layout) {
  const auto transform = [](const Lanes* from, Lanes* t, int step) {
    transform_output_gradients(from, t, step);
  };
  transform_tiles<kOutputs>(tiles, d_y, tiles.out_height, tiles.out_width, 0, channels, range,
                            transform, to, layout);
}

// A' m A of tiles that lie in rows from 0 on, to y; with what `t` says of bias, sum and ending.
template <class T>
void output_tiles(const Tiles& tiles, const float* from, long step, long channels,
                  const PassArrays& t, Range range, T* y) {
  const PassArrays::BatchNorm& norm = t.batch_norm;
  const T* const residual = static_cast<const T*>(norm.residual);
  for (long tile = range.begin; tile < range.end; ++tile, from += row_step(channels)) {
    const Tiles::Place at = tiles.place(tile);
    const int rows = std::min(kOutputs, tiles.out_height - at.row);
    const int columns = std::min(kOutputs, tiles.out_width - at.column);
    const long origin =
        ((at.image * tiles.out_height + at.row) * tiles.out_width + at.column) * channels;
    for (long c = 0; c < channels; c += kLanes) {
      Lanes half[kOutputs][kInputs], column[kInputs], row[kOutputs];
      for (int j = 0; j < kInputs; ++j) {
        for (int i = 0; i < kInputs; ++i) column[i] = load(from + (i * kInputs + j) * step + c);
        transform_outputs(column, &half[0][j], kInputs);
      }
      const Lanes shift = t.bias ? load(t.bias + c) : Lanes{};
      Lanes scale{}, mean{}, beta{};
      if (norm.scale)
        scale = load(norm.scale + c), mean = load(norm.mean + c), beta = load(norm.beta + c);
      for (int i = 0; i < rows; ++i) {
        transform_outputs(half[i], row, 1);
        for (int j = 0; j < columns; ++j) {
          const long to = origin + (long{i} * tiles.out_width + j) * channels + c;
          Lanes value = (t.add ? load(y + to) : shift) + row[j];
          if (norm.scale) value = multiply_add(value - mean, scale, beta);
          if (residual) value += load(residual + to);
          if (norm.relu) value = where(passing_bits(value), value);
          store(y + to, value);
        }
      }
    }
  }
}

// G g G' for 16 outputs of the matrix product, all its inputs. Forward: inputs are the weight's
// second index; backward, its first, and the kernel is turned by half.
inline void weight_tiles(const ConvolutionSizes& s, bool backward, const float* weight, int panel,
                         float* to, long step) {
  const long inputs = backward ? s.out_channels : s.in_channels;
  const long output_step = backward ? 9 : 9L * s.in_channels;
  const long input_step = backward ? 9L * s.in_channels : 9;
  const float* const first = weight + long{panel} * kLanes * output_step;
  to += panel * inputs * kLanes;
  for (long input = 0; input < inputs; ++input) {
    Lanes taps[kLanes], half[kInputs][3], row[kInputs];
    for (int lane = 0; lane < kLanes; ++lane)
      taps[lane] = load(first + lane * output_step + input * input_step, 9);
    transpose(taps);
    for (int j = 0; j < 3; ++j) {
      const Lanes column[3] = {taps[backward ? 8 - j : j], taps[backward ? 5 - j : 3 + j],
                               taps[backward ? 2 - j : 6 + j]};
      transform_weights(column, &half[0][j], 3);
    }
    for (int i = 0; i < kInputs; ++i) {
      transform_weights(half[i], row, 1);
      for (int j = 0; j < kInputs; ++j)
        store(to + (i * kInputs + j) * step + input * kLanes, row[j]);
    }
  }
}

// G' m G for 16 output channels and one input channel, to (or added to) the plain gradient.
inline void weight_gradient_tiles(const float* from, long step, long in_channels, float* d_weight,
                                  bool add) {
  Lanes half[3][kInputs], column[kInputs], taps[kLanes] = {};
  for (int j = 0; j < kInputs; ++j) {
    for (int i = 0; i < kInputs; ++i) column[i] = load(from + (i * kInputs + j) * step);
    transform_weight_gradients(column, &half[0][j], kInputs);
  }
  for (int i = 0; i < 3; ++i) transform_weight_gradients(half[i], &taps[3 * i], 1);
  transpose(taps);
  for (int lane = 0; lane < kLanes; ++lane) {
    float* const to = d_weight + lane * in_channels * 9;
    store(to, add ? load(to, 9) + taps[lane] : taps[lane], 9);
  }
}

}  // namespace kernels::winograd
