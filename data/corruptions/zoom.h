// Enlarging the middle of an image, as scipy.ndimage.zoom of order 1 does.
#pragma once

#include "data/corruptions/arrays.h"
#include "data/corruptions/parameters.h"
#include "data/corruptions/workspace.h"

namespace data::corruptions {

// Along one direction, position i of the result lies between two positions of the source.
struct ZoomAxis {
  const int* low;             // [side]
  const int* high;            // [side]
  const double* high_weight;  // [side]; the other's is 1 less it
};

// Of c = ceil(side / factor) positions in the middle, side - (c factor, rounded) are too many. The
// ends of the c positions become the ends of the enlarged ones, whose middle `side` are kept.
ZoomAxis zoom_axis(int side, double factor, Workspace& workspace);

// out = the middle of `in`, enlarged: [height, width] of one channel.
void clipped_zoom(const double* in, Grid grid, double factor, double* out, Workspace& workspace);

// The corruption: the mean of the image and of all zooms by the factors (the first of which is 1,
// so that the image counts twice), in float.
void zoom_blur(const std::uint8_t* in, ImageSize size, const ZoomParameters& zoom,
               std::uint8_t* out, Workspace& workspace);

}  // namespace data::corruptions
