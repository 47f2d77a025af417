#include "data/corruptions/edges.h"

#include <cstdlib>

namespace data::corruptions {
namespace {

// Arrays with a frame around them, so that neighbours need no checks.
template <class T>
class Framed {
 public:
  Framed(Grid grid, int frame, T value, Workspace& workspace)
      : frame_(frame), stride_(grid.width + 2 * frame) {
    const long size = (grid.height + 2L * frame) * stride_;
    values_ = workspace.array<T>(size);
    std::fill_n(values_, size, value);
  }
  int stride() const { return stride_; }
  T* at(int y, int x) const { return values_ + (long{y} + frame_) * stride_ + x + frame_; }

 private:
  int frame_, stride_;
  T* values_;
};

struct Gradient {
  int dx, dy;
};

Gradient sobel(const std::uint8_t* in, Grid grid, int y, int x) {
  const std::uint8_t* const above = in + inside(Border::Nearest, y - 1, grid.height) * grid.row();
  const std::uint8_t* const here = in + y * grid.row();
  const std::uint8_t* const below = in + inside(Border::Nearest, y + 1, grid.height) * grid.row();
  const int left = inside(Border::Nearest, x - 1, grid.width);
  const int right = inside(Border::Nearest, x + 1, grid.width);
  return {above[right] - above[left] + 2 * (here[right] - here[left]) + below[right] - below[left],
          below[left] - above[left] + 2 * (below[x] - above[x]) + below[right] - above[right]};
}

// Whether the gradient's size, m[0], is at least that of the two neighbours in its direction, of
// eight: horizontal up to 22.5 degrees, vertical from 67.5 degrees on, else diagonal.
bool is_ridge(const int* m, int stride, Gradient gradient) {
  constexpr long kTangent = 13573;  // of 22.5 degrees, in 2^-15
  const long x = std::abs(gradient.dx) * kTangent, y = long{std::abs(gradient.dy)} << 15;
  if (y < x) return *m > m[-1] && *m >= m[1];
  if (y > x + (long{std::abs(gradient.dx)} << 16)) return *m > m[-stride] && *m >= m[stride];
  const int side = (gradient.dx ^ gradient.dy) < 0 ? -1 : 1;
  return *m > m[-stride - side] && *m > m[stride + side];
}

enum Mark : std::uint8_t { kNothing, kPossible, kEdge };

}  // namespace

void canny(const std::uint8_t* in, Grid grid, CannyThresholds thresholds, std::uint8_t* edges,
           Workspace& workspace) {
  Gradient* const gradients = workspace.array<Gradient>(grid.pixels());
  const Framed<int> sizes(grid, 1, 0, workspace);
  for (int y = 0; y < grid.height; ++y)
    for (int x = 0; x < grid.width; ++x) {
      const Gradient gradient = sobel(in, grid, y, x);
      gradients[long{y} * grid.width + x] = gradient;
      *sizes.at(y, x) = std::abs(gradient.dx) + std::abs(gradient.dy);
    }

  const Framed<std::uint8_t> marks(grid, 1, kNothing, workspace);
  std::uint8_t** const pending = workspace.array<std::uint8_t*>(grid.pixels());
  long count = 0;
  for (int y = 0; y < grid.height; ++y)
    for (int x = 0; x < grid.width; ++x) {
      const int* const size = sizes.at(y, x);
      if (*size <= thresholds.low ||
          !is_ridge(size, sizes.stride(), gradients[long{y} * grid.width + x]))
        continue;
      *marks.at(y, x) = kPossible;
      if (*size <= thresholds.high) continue;
      *marks.at(y, x) = kEdge;
      pending[count++] = marks.at(y, x);
    }
  while (count > 0) {
    std::uint8_t* const mark = pending[--count];
    for (int v = -1; v <= 1; ++v)
      for (int u = -1; u <= 1; ++u) {
        std::uint8_t* const neighbour = mark + v * marks.stride() + u;
        if (*neighbour != kPossible) continue;
        *neighbour = kEdge;
        pending[count++] = neighbour;
      }
  }
  for (int y = 0; y < grid.height; ++y)
    for (int x = 0; x < grid.width; ++x)
      edges[long{y} * grid.width + x] = *marks.at(y, x) == kEdge ? 255 : 0;
}

void distance_to(const std::uint8_t* marked, Grid grid, float* distance, Workspace& workspace) {
  constexpr int kBeside = 65536, kDiagonal = 91750, kKnight = 143976, kFar = 0x1fffffff;
  const Framed<int> distances(grid, 2, kFar, workspace);
  const int stride = distances.stride();
  // The half of the neighbours that come before a pixel; those after it are opposite.
  const struct {
    int place, step;
  } before[] = {{-2 * stride - 1, kKnight}, {-2 * stride + 1, kKnight},
                {-stride - 2, kKnight},     {-stride - 1, kDiagonal},
                {-stride, kBeside},         {-stride + 1, kDiagonal},
                {-stride + 2, kKnight},     {-1, kBeside}};
  for (int y = 0; y < grid.height; ++y)
    for (int x = 0; x < grid.width; ++x) {
      int* const here = distances.at(y, x);
      if (marked[long{y} * grid.width + x])
        *here = 0;
      else
        for (const auto& [place, step] : before) *here = std::min(*here, here[place] + step);
    }
  for (int y = grid.height - 1; y >= 0; --y)
    for (int x = grid.width - 1; x >= 0; --x) {
      int* const here = distances.at(y, x);
      for (const auto& [place, step] : before) *here = std::min(*here, here[-place] + step);
      distance[long{y} * grid.width + x] = static_cast<float>(*here) / 65536;
    }
}

}  // namespace data::corruptions
