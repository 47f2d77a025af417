#include "data/corruptions/gaussian_filter.h"

#include <cstdlib>

#include "data/corruptions/elementary.h"

namespace data::corruptions {
namespace {

struct Weights {
  int radius;
  const double* at;  // by distance, 0 to radius
};

Weights weights_of(const GaussianFilter& filter, Workspace& workspace) {
  const int radius = static_cast<int>(filter.cut * filter.sigma + .5);
  double* const at = workspace.array<double>(radius + 1);
  const double square = filter.sigma * filter.sigma;
  for (int d = 0; d <= radius; ++d) at[d] = exponential(std::max(-.5 / square * (d * d), -700.0));
  double sum = 0;  // in the order of NumPy, on which the last bit depends
  for (int d = -radius; d <= radius; ++d) sum += at[std::abs(d)];
  for (int d = 0; d <= radius; ++d) at[d] /= sum;
  return {radius, at};
}

// to = at[0] middle + the sum over d of at[d] (before(d) + after(d)), arrays of `count`.
template <class Neighbour>
void weigh(const Weights& weights, const Neighbour& neighbour, long count, double* to) {
  const double* const middle = neighbour(0);
  for (long i = 0; i < count; ++i) to[i] = middle[i] * weights.at[0];
  for (int d = weights.radius; d >= 1; --d) {
    const double *const before = neighbour(-d), *const after = neighbour(d);
    const double weight = weights.at[d];
    for (long i = 0; i < count; ++i) to[i] += (before[i] + after[i]) * weight;
  }
}

}  // namespace

void gaussian_filter(double* array, Grid grid, const GaussianFilter& filter, Workspace& workspace) {
  if (filter.sigma == 0) return;
  const Weights weights = weights_of(filter, workspace);
  const int radius = weights.radius;
  if (radius == 0) return;
  const long row = grid.row();

  double* const between = workspace.array<double>(grid.values());
  for (int y = 0; y < grid.height; ++y)
    weigh(
        weights, [&](int d) { return array + inside(filter.border, y + d, grid.height) * row; },
        row, between + y * row);

  double* const padded = workspace.array<double>(row + 2L * radius * grid.channels);
  for (int y = 0; y < grid.height; ++y) {
    const double* const source = between + y * row;
    for (int x = -radius; x < grid.width + radius; ++x)
      std::copy_n(source + long{inside(filter.border, x, grid.width)} * grid.channels,
                  grid.channels, padded + long{x + radius} * grid.channels);
    weigh(
        weights, [&](int d) { return padded + long{radius + d} * grid.channels; }, row,
        array + y * row);
  }
}

void gaussian_blur(const std::uint8_t* in, ImageSize size, double sigma, std::uint8_t* out,
                   Workspace& workspace) {
  const long values = size.values();
  double* const image = workspace.array<double>(values);
  for (long i = 0; i < values; ++i) image[i] = share(in[i]);
  gaussian_filter(image, size, {.sigma = sigma}, workspace);
  for (long i = 0; i < values; ++i) out[i] = truncated(image[i]);
}

}  // namespace data::corruptions
