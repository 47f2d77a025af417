#include "data/corruptions/motion_blur.h"

#include <cmath>

#include "data/corruptions/elementary.h"

namespace data::corruptions {

void motion_blur(const std::uint8_t* in, Grid grid, const MotionParameters& motion, double degrees,
                 std::uint8_t* out, Workspace& workspace) {
  const int margin = 2 * static_cast<int>(std::ceil(motion.radius)), taps = margin + 1;
  double* const weights = workspace.array<double>(taps);
  double sum = 0;
  for (int i = 0; i < taps; ++i) {
    weights[i] = exponential(-i * i / (2 * motion.sigma * motion.sigma)) /
                 (2.50662827463100050242 * motion.sigma);  // the square root of 2 pi
    sum += weights[i];
  }

  // Bytes as 16-bit numbers, with the columns beyond the left and right border.
  const long row = grid.row(), padded_row = row + 2L * margin * grid.channels;
  float* const padded = workspace.array<float>(grid.height * padded_row);
  for (int y = 0; y < grid.height; ++y)
    for (int x = -margin; x < grid.width + margin; ++x)
      for (int c = 0; c < grid.channels; ++c)
        padded[y * padded_row + long{x + margin} * grid.channels + c] =
            257.0f * in[y * row + long{inside(Border::Nearest, x, grid.width)} * grid.channels + c];

  const Direction trace = direction(degrees);
  double* const sums = workspace.array<double>(row);
  for (int y = 0; y < grid.height; ++y) {
    std::fill_n(sums, row, 0.0);
    for (int i = 0; i < taps; ++i) {
      const int dx = static_cast<int>(std::ceil(i * trace.cos - .5));
      const int dy = static_cast<int>(std::ceil(i * trace.sin - .5));
      const float* const from = padded + inside(Border::Nearest, y + dy, grid.height) * padded_row +
                                long{margin + dx} * grid.channels;
      const double weight = weights[i] / sum;
      for (long j = 0; j < row; ++j) sums[j] += weight * static_cast<double>(from[j]);
    }
    for (long j = 0; j < row; ++j) {
      const auto wide = static_cast<std::uint32_t>(sums[j] + .5) + 128;
      out[y * row + j] = static_cast<std::uint8_t>((wide - (wide >> 8)) >> 8);
    }
  }
}

}  // namespace data::corruptions
