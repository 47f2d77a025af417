// Resizing of bytes as Pillow does it (src/libImaging/Resample.c), byte for byte.
#pragma once

#include "data/corruptions/arrays.h"
#include "data/corruptions/workspace.h"

namespace data::corruptions {

enum class PillowFilter { Box, Bilinear };  // of 1/2 and 1 source pixels to each side

// [from.height, from.width, 3] to [to.height, to.width, 3], rows first. Where an image shrinks, the
// filter is as much wider. Weights count in 2^-22; the values between the two passes are bytes.
void pillow_resize(const std::uint8_t* in, ImageSize from, ImageSize to, PillowFilter filter,
                   std::uint8_t* out, Workspace& workspace);

// The corruption: to the share of both sides, truncated, and back, by boxes.
void pixelate(const std::uint8_t* in, ImageSize size, double share, std::uint8_t* out,
              Workspace& workspace);

}  // namespace data::corruptions
