#include "data/corruptions/glass_blur.h"

#include "data/corruptions/gaussian_filter.h"

namespace data::corruptions {

long moved_pixels(ImageSize size, int reach) {
  return long{size.height - 2 * reach} * (size.width - 2 * reach);
}

void glass_blur(const std::uint8_t* in, ImageSize size, const GlassParameters& glass,
                const Offset* offsets, std::uint8_t* out, Workspace& workspace) {
  std::uint8_t* const pixels = workspace.array<std::uint8_t>(size.values());
  gaussian_blur(in, size, glass.sigma, pixels, workspace);
  const auto at = [&](int y, int x) { return pixels + (long{y} * size.width + x) * 3; };
  for (int pass = 0; pass < glass.passes; ++pass)
    for (int y = size.height - glass.reach; y > glass.reach; --y)
      for (int x = size.width - glass.reach; x > glass.reach; --x, ++offsets)
        std::copy_n(at(y + offsets->y, x + offsets->x), 3, at(y, x));
  gaussian_blur(pixels, size, glass.sigma, out, workspace);
}

}  // namespace data::corruptions
