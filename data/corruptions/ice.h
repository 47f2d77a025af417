// Ice on a window, drawn by formula, for frost without the published textures.
#pragma once

#include "data/image_file.h"

namespace data::corruptions {

// A picture of 512 x 512: bundles of needles, each lighter on one side and darker on the other,
// over a haze (a plasma fractal) from blue grey to white. Variants differ in all of it; a variant
// is the same everywhere.
Image draw_ice(int variant);

}  // namespace data::corruptions
