#include "data/corruptions/spatter.h"

#include <cmath>

#include "data/corruptions/edges.h"
#include "data/corruptions/gaussian_filter.h"

namespace data::corruptions {
namespace {

// The sum of kernel times the pixel's neighbours, mirrored beyond the border.
template <class T, class Kernel>
auto weighted_neighbours(const T* in, Grid grid, int y, int x, const Kernel (&kernel)[3][3]) {
  decltype(T{} * Kernel{}) sum = 0;
  for (int v = -1; v <= 1; ++v)
    for (int u = -1; u <= 1; ++u)
      sum +=
          kernel[v + 1][u + 1] * in[long{inside(Border::Mirror, y + v, grid.height)} * grid.width +
                                    inside(Border::Mirror, x + u, grid.width)];
  return sum;
}

template <class F>
void for_each_pixel(Grid grid, const F& f) {
  for (int y = 0, i = 0; y < grid.height; ++y)
    for (int x = 0; x < grid.width; ++x, ++i) f(i, y, x);
}

// As OpenCV's equalizeHist: grey values become their rank among all pixels, times 255.
void equalize(std::uint8_t* bytes, long count) {
  long histogram[256] = {};
  for (long i = 0; i < count; ++i) ++histogram[bytes[i]];
  int value = 0;
  while (histogram[value] == 0) ++value;
  if (histogram[value] == count) return;
  const float scale = 255.0f / static_cast<float>(count - histogram[value]);
  std::uint8_t equalized[256] = {};
  long sum = 0;
  for (++value; value < 256; ++value) {
    sum += histogram[value];
    equalized[value] = static_cast<std::uint8_t>(
        std::clamp(std::nearbyint(static_cast<float>(sum) * scale), 0.0f, 255.0f));
  }
  for (long i = 0; i < count; ++i) bytes[i] = equalized[bytes[i]];
}

constexpr int kOnes[3][3] = {{1, 1, 1}, {1, 1, 1}, {1, 1, 1}};
constexpr int kEmboss[3][3] = {{-2, -1, 0}, {-1, 1, 1}, {0, 1, 2}};

void water(const std::uint8_t* in, Grid grid, const double* liquid, double strength,
           std::uint8_t* out, Workspace& workspace) {
  const long pixels = grid.pixels();
  std::uint8_t *const bytes = workspace.array<std::uint8_t>(pixels),
                      *const light = workspace.array<std::uint8_t>(pixels);
  // Beyond 255 they wrap around, as published.
  for (long i = 0; i < pixels; ++i)
    bytes[i] = static_cast<std::uint8_t>(static_cast<int>(liquid[i] * 255));
  drop_light(bytes, grid, light, workspace);
  float* const m = workspace.array<float>(pixels);
  for (long i = 0; i < pixels; ++i) m[i] = static_cast<float>(bytes[i] * light[i]);
  const float most = *std::max_element(m, m + pixels);
  if (most == 0) {
    std::fill_n(out, pixels * 3, std::uint8_t{0});
    return;
  }
  constexpr float kColor[] = {175.f / 255.f, 238.f / 255.f, 238.f / 255.f};
  for (long i = 0; i < pixels; ++i)
    for (int c = 0; c < 3; ++c)
      out[3 * i + c] = truncated(static_cast<float>(in[3 * i + c]) / 255.0f +
                                 m[i] / most * static_cast<float>(strength) * kColor[c]);
}

void mud(const std::uint8_t* in, Grid grid, double* liquid, const SpatterParameters& spatter,
         std::uint8_t* out, Workspace& workspace) {
  const long pixels = grid.pixels();
  for (long i = 0; i < pixels; ++i) liquid[i] = liquid[i] > spatter.threshold ? 1 : 0;
  gaussian_filter(liquid, grid, {.sigma = spatter.strength}, workspace);
  constexpr float kColor[] = {63.f / 255.f, 42.f / 255.f, 20.f / 255.f};
  for (long i = 0; i < pixels; ++i) {
    const auto stain = static_cast<float>(liquid[i]), m = stain < .8f ? 0.0f : stain;
    for (int c = 0; c < 3; ++c)
      out[3 * i + c] =
          truncated(static_cast<float>(in[3 * i + c]) / 255.0f * (1 - m) + kColor[c] * m);
  }
}

}  // namespace

void drop_light(const std::uint8_t* liquid, Grid grid, std::uint8_t* light, Workspace& workspace) {
  const long pixels = grid.pixels();
  std::uint8_t *const edges = workspace.array<std::uint8_t>(pixels),
                      *const embossed = workspace.array<std::uint8_t>(pixels);
  float* const distance = workspace.array<float>(pixels);
  canny(liquid, grid, {50, 150}, edges, workspace);
  distance_to(edges, grid, distance, workspace);
  for (long i = 0; i < pixels; ++i) distance[i] = std::min(distance[i], 20.0f);
  for_each_pixel(grid, [&](int i, int y, int x) {
    light[i] = static_cast<std::uint8_t>(
        static_cast<float>(weighted_neighbours(distance, grid, y, x, kOnes) * (1 / 9.0)));
  });
  equalize(light, pixels);
  for_each_pixel(grid, [&](int i, int y, int x) {
    embossed[i] = static_cast<std::uint8_t>(
        std::clamp(weighted_neighbours(light, grid, y, x, kEmboss), 0, 255));
  });
  for_each_pixel(grid, [&](int i, int y, int x) {
    light[i] = static_cast<std::uint8_t>(
        std::nearbyint(weighted_neighbours(embossed, grid, y, x, kOnes) * (1 / 9.0)));
  });
}

void spatter(const std::uint8_t* in, ImageSize size, const SpatterParameters& spatter,
             const double* normals, std::uint8_t* out, Workspace& workspace) {
  const Grid grid(size, 1);
  double* const liquid = workspace.array<double>(grid.pixels());
  for (long i = 0; i < grid.pixels(); ++i)
    liquid[i] = spatter.mean + spatter.deviation * normals[i];
  gaussian_filter(liquid, grid, {.sigma = spatter.sigma}, workspace);
  for (long i = 0; i < grid.pixels(); ++i)
    if (liquid[i] < spatter.threshold) liquid[i] = 0;
  if (spatter.mud)
    mud(in, grid, liquid, spatter, out, workspace);
  else
    water(in, grid, liquid, spatter.strength, out, workspace);
}

}  // namespace data::corruptions
