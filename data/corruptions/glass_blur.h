// Glass: a Gaussian blur, pixels that each take the place of a neighbour's, and the blur again.
#pragma once

#include "data/corruptions/arrays.h"
#include "data/corruptions/parameters.h"
#include "data/corruptions/workspace.h"

namespace data::corruptions {

struct Offset {
  std::int8_t y, x;
};

// Pixels that are moved in one pass: rows and columns from reach + 1 to the size less reach.
long moved_pixels(ImageSize size, int reach);

// In each pass, from the last row and column to the first, pixel (y, x) becomes the one at
// (y, x) + offset as it is then. Published as a swap, but a swap of numpy's views, which copies.
// offsets: [passes, moved pixels], each from -reach to reach - 1 (the published range is half
// open).
void glass_blur(const std::uint8_t* in, ImageSize size, const GlassParameters& glass,
                const Offset* offsets, std::uint8_t* out, Workspace& workspace);

}  // namespace data::corruptions
