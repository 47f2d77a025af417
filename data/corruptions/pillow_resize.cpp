#include "data/corruptions/pillow_resize.h"

#include <cmath>

namespace data::corruptions {
namespace {

constexpr int kPrecision = 22;  // bits of a weight behind the point

// Position i of the result is the sum of weights[i][j] times source first[i] + j.
struct Mixtures {
  int most;            // weights of a position
  const int* first;    // [target]
  const int* count;    // [target]
  const int* weights;  // [target, most]
};

double height_of(PillowFilter filter, double x) {
  if (filter == PillowFilter::Box) return x > -.5 && x <= .5 ? 1 : 0;
  return std::max(1 - std::fabs(x), 0.0);
}

Mixtures mixtures_of(int source, int target, PillowFilter filter, Workspace& workspace) {
  const double scale = static_cast<double>(source) / target, widened = std::max(scale, 1.0);
  const double support = (filter == PillowFilter::Box ? .5 : 1) * widened;
  const int most = static_cast<int>(std::ceil(support)) * 2 + 1;
  int *const first = workspace.array<int>(target), *const count = workspace.array<int>(target);
  int* const weights = workspace.array<int>(long{target} * most);
  double* const exact = workspace.array<double>(most);
  for (int i = 0; i < target; ++i) {
    const double center = (i + .5) * scale;
    first[i] = std::max(static_cast<int>(center - support + .5), 0);
    count[i] = std::min(static_cast<int>(center + support + .5), source) - first[i];
    double sum = 0;
    for (int j = 0; j < count[i]; ++j) {
      exact[j] = height_of(filter, (j + first[i] - center + .5) * (1 / widened));
      sum += exact[j];
    }
    for (int j = 0; j < count[i]; ++j)
      weights[long{i} * most + j] =
          static_cast<int>(.5 + (sum == 0 ? exact[j] : exact[j] / sum) * (1 << kPrecision));
  }
  return {most, first, count, weights};
}

std::uint8_t rounded(int sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kPrecision, 0, 255));
}

constexpr int kHalf = 1 << (kPrecision - 1);

void resize_rows(const std::uint8_t* in, ImageSize from, const Mixtures& columns, int width,
                 std::uint8_t* out) {
  for (int y = 0; y < from.height; ++y, in += from.width * 3L)
    for (int x = 0; x < width; ++x, out += 3) {
      int sums[] = {kHalf, kHalf, kHalf};
      const std::uint8_t* pixel = in + columns.first[x] * 3L;
      for (int j = 0; j < columns.count[x]; ++j, pixel += 3)
        for (int c = 0; c < 3; ++c) sums[c] += pixel[c] * columns.weights[x * columns.most + j];
      for (int c = 0; c < 3; ++c) out[c] = rounded(sums[c]);
    }
}

void resize_columns(const std::uint8_t* in, const Mixtures& rows, ImageSize to, std::uint8_t* out,
                    Workspace& workspace) {
  const long row = to.width * 3L;
  int* const sums = workspace.array<int>(row);
  for (int y = 0; y < to.height; ++y, out += row) {
    std::fill_n(sums, row, kHalf);
    for (int j = 0; j < rows.count[y]; ++j) {
      const std::uint8_t* const source = in + (rows.first[y] + j) * row;
      const int weight = rows.weights[y * rows.most + j];
      for (long i = 0; i < row; ++i) sums[i] += source[i] * weight;
    }
    for (long i = 0; i < row; ++i) out[i] = rounded(sums[i]);
  }
}

}  // namespace

void pillow_resize(const std::uint8_t* in, ImageSize from, ImageSize to, PillowFilter filter,
                   std::uint8_t* out, Workspace& workspace) {
  const std::uint8_t* between = in;
  if (from.width != to.width) {
    std::uint8_t* const rows = workspace.array<std::uint8_t>(long{from.height} * to.width * 3);
    resize_rows(in, from, mixtures_of(from.width, to.width, filter, workspace), to.width, rows);
    between = rows;
  }
  if (from.height != to.height)
    resize_columns(between, mixtures_of(from.height, to.height, filter, workspace), to, out,
                   workspace);
  else
    std::copy_n(between, to.values(), out);
}

void pixelate(const std::uint8_t* in, ImageSize size, double share, std::uint8_t* out,
              Workspace& workspace) {
  const ImageSize small{static_cast<int>(size.height * share),
                        static_cast<int>(size.width * share)};
  std::uint8_t* const shrunk = workspace.array<std::uint8_t>(small.values());
  pillow_resize(in, size, small, PillowFilter::Box, shrunk, workspace);
  pillow_resize(shrunk, small, size, PillowFilter::Box, out, workspace);
}

}  // namespace data::corruptions
