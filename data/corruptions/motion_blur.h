// Motion blur as ImageMagick's MotionBlurImage (MagickCore/effect.c), 16 bits a channel.
#pragma once

#include "data/corruptions/arrays.h"
#include "data/corruptions/parameters.h"
#include "data/corruptions/workspace.h"

namespace data::corruptions {

// out(y, x) = sum over i = 0 .. 2 ceil(radius) of k(i) in(y + ceil(i sin a - 1/2), x + ceil(i cos a
// - 1/2)), where k(i) = exp(-i^2 / (2 sigma^2)) normalised to sum 1: the pixel's trace to one side.
// Beyond the border the border's pixel goes on. Sums are rounded to 16 bits, then to bytes. The
// angle a within +-180 degrees; bytes of any number of channels.
void motion_blur(const std::uint8_t* in, Grid grid, const MotionParameters& motion, double degrees,
                 std::uint8_t* out, Workspace& workspace);

}  // namespace data::corruptions
