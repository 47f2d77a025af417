#include "data/corruptions/elastic_transform.h"

#include <cmath>

#include "data/corruptions/gaussian_filter.h"

namespace data::corruptions {
namespace {

// (x, y) -> (xx x + xy y + x0, yx x + yy y + y0)
struct Affine {
  double xx, xy, x0, yx, yy, y0;
};

// The map that takes points `from` to points `to`, each (x, y).
Affine affine_between(const float (&from)[3][2], const float (&to)[3][2]) {
  const auto side = [](const float(&points)[3][2], int i, int axis) {
    return double{points[i][axis]} - double{points[0][axis]};
  };
  const double ax = side(from, 1, 0), ay = side(from, 1, 1), bx = side(from, 2, 0),
               by = side(from, 2, 1), area = ax * by - ay * bx;
  Affine map;
  const auto solve = [&](int axis, double& along_x, double& along_y, double& offset) {
    const double a = side(to, 1, axis), b = side(to, 2, axis);
    along_x = (a * by - b * ay) / area;
    along_y = (b * ax - a * bx) / area;
    offset = to[0][axis] - along_x * from[0][0] - along_y * from[0][1];
  };
  solve(0, map.xx, map.xy, map.x0);
  solve(1, map.yx, map.yy, map.y0);
  return map;
}

// OpenCV's: a map that cannot be inverted takes all to (0, 0).
Affine inverse(const Affine& map) {
  const double determinant = map.xx * map.yy - map.xy * map.yx;
  const double d = determinant != 0 ? 1 / determinant : 0;
  Affine inverted{map.yy * d, map.xy * -d, 0, map.yx * -d, map.xx * d, 0};
  inverted.x0 = -inverted.xx * map.x0 - inverted.xy * map.y0;
  inverted.y0 = -inverted.yx * map.x0 - inverted.yy * map.y0;
  return inverted;
}

// Half way to even; small enough that two can be added.
int rounded(double value) {
  return static_cast<int>(std::nearbyint(std::clamp(value, -0x1p29, 0x1p29)));
}

// out(y, x) = in at map(x, y), both [height, width, 3].
void warp(const float* in, ImageSize size, const Affine& map, float* out) {
  constexpr int kUnit = 1024, kFraction = 32;
  const auto pixel = [&](int y, int x) {
    return in + (long{inside(Border::Mirror, y, size.height)} * size.width +
                 inside(Border::Mirror, x, size.width)) *
                    3;
  };
  for (int y = 0; y < size.height; ++y) {
    const int row_x = rounded((map.xy * y + map.x0) * kUnit) + kUnit / kFraction / 2;
    const int row_y = rounded((map.yy * y + map.y0) * kUnit) + kUnit / kFraction / 2;
    for (int x = 0; x < size.width; ++x, out += 3) {
      const int at_x = (row_x + rounded(map.xx * x * kUnit)) >> 5;  // in units of 1/32
      const int at_y = (row_y + rounded(map.yx * x * kUnit)) >> 5;
      const int left = at_x >> 5, top = at_y >> 5;
      const float right = static_cast<float>(at_x & (kFraction - 1)) / kFraction;
      const float lower = static_cast<float>(at_y & (kFraction - 1)) / kFraction;
      const float *const a = pixel(top, left), *const b = pixel(top, left + 1);
      const float *const c = pixel(top + 1, left), *const d = pixel(top + 1, left + 1);
      for (int i = 0; i < 3; ++i)
        out[i] = a[i] * ((1 - lower) * (1 - right)) + b[i] * ((1 - lower) * right) +
                 c[i] * (lower * (1 - right)) + d[i] * (lower * right);
    }
  }
}

void shift(const float* in, ImageSize size, double alpha, const double* dx, const double* dy,
           std::uint8_t* out) {
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x, ++dx, ++dy, out += 3) {
      const double at_y = y + double{static_cast<float>(*dy * alpha)};
      const double at_x = x + double{static_cast<float>(*dx * alpha)};
      const double top = std::floor(at_y), left = std::floor(at_x);
      const double lower = at_y - top, right = at_x - left;
      const auto pixel = [&](int down, int across) {
        return in + (long{inside(Border::Reflect, static_cast<int>(top) + down, size.height)} *
                         size.width +
                     inside(Border::Reflect, static_cast<int>(left) + across, size.width)) *
                        3;
      };
      const float *const a = pixel(0, 0), *const b = pixel(0, 1);
      const float *const c = pixel(1, 0), *const d = pixel(1, 1);
      for (int i = 0; i < 3; ++i)
        out[i] = truncated(static_cast<float>(a[i] * (1 - lower) * (1 - right) +
                                              b[i] * (1 - lower) * right +
                                              c[i] * lower * (1 - right) + d[i] * lower * right));
    }
}

}  // namespace

void elastic_transform(const std::uint8_t* in, ImageSize size, const ElasticParameters& elastic,
                       const double (&corners)[3][2], double* dx, double* dy, std::uint8_t* out,
                       Workspace& workspace) {
  const long values = size.values();
  float *const image = workspace.array<float>(values), *const warped =
                                                           workspace.array<float>(values);
  for (long i = 0; i < values; ++i) image[i] = static_cast<float>(in[i]) / 255.0f;

  // The published code takes the middle's row for x: the same for square images.
  const auto middle_x = static_cast<float>(size.height / 2),
             middle_y = static_cast<float>(size.width / 2),
             reach = static_cast<float>(std::min(size.height, size.width) / 3);
  const float from[3][2] = {{middle_x + reach, middle_y + reach},
                            {middle_x + reach, middle_y - reach},
                            {middle_x - reach, middle_y - reach}};
  float to[3][2];
  for (int i = 0; i < 3; ++i)
    for (int axis = 0; axis < 2; ++axis)
      to[i][axis] = from[i][axis] + static_cast<float>(corners[i][axis]);
  warp(image, size, inverse(affine_between(from, to)), warped);

  const GaussianFilter smooth{elastic.sigma, 3, Border::Reflect};
  gaussian_filter(dx, Grid(size, 1), smooth, workspace);
  gaussian_filter(dy, Grid(size, 1), smooth, workspace);
  shift(warped, size, elastic.alpha, dx, dy, out);
}

}  // namespace data::corruptions
