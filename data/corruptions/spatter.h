// Drops of water or stains of mud.
#pragma once

#include "data/corruptions/arrays.h"
#include "data/corruptions/parameters.h"
#include "data/corruptions/workspace.h"

namespace data::corruptions {

// The liquid is noise, mean + deviation n, blurred by a Gaussian of sigma, and 0 below the
// threshold. normals: [height, width].
//
// Water: x + m (175, 238, 238) / 255, where m is the liquid as bytes times how far inside a drop
// the pixel is, as lit from one side (drop_light), in all `strength` at most. (Without any liquid m
// is 0/0, and the published bytes of that are black.)
// Mud: x (1 - m) + m (63, 42, 20) / 255, where m is 1 in the liquid, blurred by a Gaussian of sigma
// `strength`, and 0 where that is below .8.
void spatter(const std::uint8_t* in, ImageSize size, const SpatterParameters& spatter,
             const double* normals, std::uint8_t* out, Workspace& workspace);

// The distance to the liquid's edges (canny 50, 150), at most 20, averaged over 3x3, its histogram
// equalised, embossed by ((-2, -1, 0), (-1, 1, 1), (0, 1, 2)), averaged again; all in bytes.
void drop_light(const std::uint8_t* liquid, Grid grid, std::uint8_t* light, Workspace& workspace);

}  // namespace data::corruptions
