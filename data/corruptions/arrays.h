// What the corruptions share: shapes, bytes as shares of 1, and what lies beyond a border.
#pragma once

#include <algorithm>
#include <cstdint>

#include "data/corrupt.h"

namespace data::corruptions {

// Of an array [height, width, channels].
struct Grid {
  int height, width, channels;

  Grid(int rows, int columns, int depth) : height(rows), width(columns), channels(depth) {}
  Grid(ImageSize size, int depth = 3) : Grid(size.height, size.width, depth) {}
  long pixels() const { return long{height} * width; }
  long values() const { return pixels() * channels; }
  long row() const { return long{width} * channels; }
};

// A byte as a share of 1.
inline double share(std::uint8_t byte) { return byte / 255.0; }

// A share as a byte: clipped to [0, 1], times 255, truncated towards zero as the published arrays
// are. Real: float or double, which can differ.
template <class Real>
std::uint8_t truncated(Real value) {
  return static_cast<std::uint8_t>(static_cast<int>(std::clamp(value, Real{0}, Real{1}) * 255));
}

// The position in [0, size) that stands for any position; d c b a is what lies before a b c d.
enum class Border {
  Nearest,  // a a a a | a b c d | d d d d
  Reflect,  // d c b a | a b c d | d c b a
  Mirror    // c d c b | a b c d | c b a b
};

inline int inside(Border border, int position, int size) {
  if (position >= 0 && position < size) return position;
  if (border == Border::Nearest) return position < 0 ? 0 : size - 1;
  const int last = border == Border::Reflect ? 2 * size - 1 : 2 * size - 2;
  const int period = border == Border::Reflect ? 2 * size : std::max(2 * size - 2, 1);
  const int within = (position % period + period) % period;
  return within < size ? within : last - within;
}

}  // namespace data::corruptions
