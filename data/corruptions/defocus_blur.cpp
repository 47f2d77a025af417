#include "data/corruptions/defocus_blur.h"

#include "data/corruptions/elementary.h"

namespace data::corruptions {
namespace {

// Weights by distance, in float: at[0] + 2 (at[1] + ...) = 1.
struct AliasWeights {
  int radius;
  float at[3];
};

AliasWeights alias_weights(double sigma, int radius) {
  AliasWeights weights{radius, {}};
  double exact[3], sum = 0;
  for (int d = 0; d <= radius; ++d) {
    exact[d] = exponential(std::max(-d * d / (2 * sigma * sigma), -700.0));
    sum += d == 0 ? exact[d] : 2 * exact[d];
  }
  for (int d = 0; d <= radius; ++d) weights.at[d] = static_cast<float>(exact[d] / sum);
  return weights;
}

// One value of a row or column blurred; values `stride` apart, mirrored at the ends.
float blurred(const float* line, int position, int size, long stride, const AliasWeights& weights) {
  float sum = line[position * stride] * weights.at[0];
  for (int d = 1; d <= weights.radius; ++d)
    sum += (line[inside(Border::Mirror, position - d, size) * stride] +
            line[inside(Border::Mirror, position + d, size) * stride]) *
           weights.at[d];
  return sum;
}

}  // namespace

DiskKernel disk_kernel(const DefocusParameters& defocus, Workspace& workspace) {
  const int reach = std::max(8, static_cast<int>(defocus.radius)), side = 2 * reach + 1;
  float *const disk = workspace.array<float>(long{side} * side), *const between =
                                                                     workspace.array<float>(
                                                                         long{side} * side);
  float sum = 0;
  for (int y = -reach, i = 0; y <= reach; ++y)
    for (int x = -reach; x <= reach; ++x, ++i) {
      disk[i] = y * y + x * x <= defocus.radius * defocus.radius ? 1.0f : 0.0f;
      sum += disk[i];
    }
  for (int i = 0; i < side * side; ++i) disk[i] /= sum;
  const AliasWeights alias = alias_weights(defocus.alias_sigma, defocus.radius > 8 ? 2 : 1);
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x)
      between[y * side + x] = blurred(disk + y * side, x, side, 1, alias);
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) disk[y * side + x] = blurred(between + x, y, side, side, alias);
  return {reach, disk};
}

void defocus_blur(const std::uint8_t* in, ImageSize size, const DefocusParameters& defocus,
                  std::uint8_t* out, Workspace& workspace) {
  const DiskKernel kernel = disk_kernel(defocus, workspace);
  const int reach = kernel.reach;
  const long row = size.width * 3L, padded_row = row + 6L * reach;
  double* const padded = workspace.array<double>((size.height + 2L * reach) * padded_row);
  for (int y = -reach; y < size.height + reach; ++y) {
    const std::uint8_t* const source = in + inside(Border::Mirror, y, size.height) * row;
    double* const target = padded + (y + reach) * padded_row + reach * 3L;
    for (int x = -reach; x < size.width + reach; ++x)
      for (int c = 0; c < 3; ++c)
        target[x * 3L + c] = share(source[inside(Border::Mirror, x, size.width) * 3L + c]);
  }

  double* const sums = workspace.array<double>(row);
  for (int y = 0; y < size.height; ++y) {
    std::fill_n(sums, row, 0.0);
    for (int v = -reach; v <= reach; ++v)
      for (int u = -reach; u <= reach; ++u) {
        const auto weight = static_cast<double>(kernel.at(v, u));
        if (weight == 0) continue;
        const double* const from = padded + (y + v + reach) * padded_row + (u + reach) * 3L;
        for (long i = 0; i < row; ++i) sums[i] += weight * from[i];
      }
    for (long i = 0; i < row; ++i) out[y * row + i] = truncated(sums[i]);
  }
}

}  // namespace data::corruptions
