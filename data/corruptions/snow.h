// Snow: flakes that fall, and a paler image behind them.
#pragma once

#include "data/corruptions/arrays.h"
#include "data/corruptions/parameters.h"
#include "data/corruptions/workspace.h"

namespace data::corruptions {

// The flakes are noise, mean + deviation n, with its middle enlarged (zoom), 0 below the threshold,
// as bytes, motion blurred in the direction of their fall. Behind them each pixel becomes clear x +
// (1 - clear) max(x, 1.5 grey + .5). The result is that plus the flakes plus the flakes turned
// upside down. normals: [height, width]; degrees: of the fall, from -135 to -45.
void snow(const std::uint8_t* in, ImageSize size, const SnowParameters& snow, const double* normals,
          double degrees, std::uint8_t* out, Workspace& workspace);

}  // namespace data::corruptions
