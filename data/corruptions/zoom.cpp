#include "data/corruptions/zoom.h"

#include <cmath>

namespace data::corruptions {
namespace {

// Calls write(i, value) for each value of one row of the result; `upper` and `lower` are the rows
// of the source that it lies between, already times their weights.
template <class Write>
void zoom_row(const double* upper, const double* lower, const ZoomAxis& columns, Grid grid,
              const Write& write) {
  for (int x = 0; x < grid.width; ++x) {
    const long low = long{columns.low[x]} * grid.channels;
    const long high = long{columns.high[x]} * grid.channels;
    const double right = columns.high_weight[x], left = 1 - right;
    for (int c = 0; c < grid.channels; ++c)
      write(long{x} * grid.channels + c, upper[low + c] * left + upper[high + c] * right +
                                             lower[low + c] * left + lower[high + c] * right);
  }
}

// Calls write(i, value) for each value of the zoomed image.
template <class Real, class Write>
void zoom_image(const Real* in, Grid grid, double factor, Workspace& workspace,
                const Write& write) {
  const ZoomAxis rows = zoom_axis(grid.height, factor, workspace);
  const ZoomAxis columns = zoom_axis(grid.width, factor, workspace);
  const long row = grid.row();
  double *const upper = workspace.array<double>(row), *const lower = workspace.array<double>(row);
  for (int y = 0; y < grid.height; ++y) {
    const Real *const above = in + rows.low[y] * row, *const below = in + rows.high[y] * row;
    const double low_weight = 1 - rows.high_weight[y], high_weight = rows.high_weight[y];
    for (long i = 0; i < row; ++i) {
      upper[i] = above[i] * low_weight;
      lower[i] = below[i] * high_weight;
    }
    zoom_row(upper, lower, columns, grid, [&](long i, double value) { write(y * row + i, value); });
  }
}

}  // namespace

ZoomAxis zoom_axis(int side, double factor, Workspace& workspace) {
  int *const low = workspace.array<int>(side), *const high = workspace.array<int>(side);
  double* const high_weight = workspace.array<double>(side);
  const int cropped = static_cast<int>(std::ceil(side / factor)), first = (side - cropped) / 2;
  const int enlarged = static_cast<int>(std::nearbyint(cropped * factor));
  const double step = enlarged > 1 ? (cropped - 1.0) / (enlarged - 1.0) : 1;
  for (int i = 0; i < side; ++i) {
    const double position = step * ((enlarged - side) / 2 + i), whole = std::floor(position);
    low[i] = first + std::min(static_cast<int>(whole), cropped - 1);
    high[i] = std::min(low[i] + 1, first + cropped - 1);
    high_weight[i] = position - whole;
  }
  return {low, high, high_weight};
}

void clipped_zoom(const double* in, Grid grid, double factor, double* out, Workspace& workspace) {
  zoom_image(in, grid, factor, workspace, [&](long i, double value) { out[i] = value; });
}

void zoom_blur(const std::uint8_t* in, ImageSize size, const ZoomParameters& zoom,
               std::uint8_t* out, Workspace& workspace) {
  const long values = size.values();
  float *const image = workspace.array<float>(values), *const sum = workspace.array<float>(values);
  for (long i = 0; i < values; ++i) {
    image[i] = static_cast<float>(share(in[i]));
    sum[i] = 0;
  }
  const double step = (1 + zoom.step) - 1;  // as numpy.arange rounds it
  for (int i = 0; i < zoom.factors; ++i)
    zoom_image(image, size, 1 + i * step, workspace,
               [&](long j, double value) { sum[j] += static_cast<float>(value); });
  const auto count = static_cast<float>(zoom.factors + 1);
  for (long i = 0; i < values; ++i) out[i] = truncated((image[i] + sum[i]) / count);
}

}  // namespace data::corruptions
