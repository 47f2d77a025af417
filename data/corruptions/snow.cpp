#include "data/corruptions/snow.h"

#include "data/corruptions/motion_blur.h"
#include "data/corruptions/zoom.h"

namespace data::corruptions {
namespace {

const std::uint8_t* flakes_of(ImageSize size, const SnowParameters& snow, const double* normals,
                              double degrees, Workspace& workspace) {
  const Grid grid(size, 1);
  const long pixels = grid.pixels();
  double *const layer = workspace.array<double>(pixels), *const zoomed =
                                                             workspace.array<double>(pixels);
  for (long i = 0; i < pixels; ++i) layer[i] = snow.mean + snow.deviation * normals[i];
  clipped_zoom(layer, grid, snow.zoom, zoomed, workspace);
  std::uint8_t *const bytes = workspace.array<std::uint8_t>(pixels),
                      *const blurred = workspace.array<std::uint8_t>(pixels);
  for (long i = 0; i < pixels; ++i)
    bytes[i] = zoomed[i] < snow.threshold ? 0 : truncated(zoomed[i]);
  motion_blur(bytes, grid, snow.fall, degrees, blurred, workspace);
  return blurred;
}

}  // namespace

void snow(const std::uint8_t* in, ImageSize size, const SnowParameters& snow, const double* normals,
          double degrees, std::uint8_t* out, Workspace& workspace) {
  const std::uint8_t* const flakes = flakes_of(size, snow, normals, degrees, workspace);
  const auto clear = static_cast<float>(snow.clear), pale = static_cast<float>(1 - snow.clear);
  const long pixels = size.pixels();
  for (long i = 0; i < pixels; ++i) {
    const auto value = [&](int c) { return static_cast<float>(in[3 * i + c]) / 255.0f; };
    const float grey = value(0) * .299f + value(1) * .587f + value(2) * .114f;
    const double fallen = share(flakes[i]), turned = share(flakes[pixels - 1 - i]);
    for (int c = 0; c < 3; ++c) {
      const float behind = clear * value(c) + pale * std::max(value(c), grey * 1.5f + .5f);
      out[3 * i + c] = truncated(behind + fallen + turned);
    }
  }
}

}  // namespace data::corruptions
