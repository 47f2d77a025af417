// A random affine map, then a smooth random shift of every pixel.
#pragma once

#include "data/corruptions/arrays.h"
#include "data/corruptions/parameters.h"
#include "data/corruptions/workspace.h"

namespace data::corruptions {

// In float. The affine map takes three corners of a square in the middle (its side two thirds of
// the image's shorter one) to where `corners` shifts them; as OpenCV's warpAffine: bilinear between
// positions in units of 1/32 pixel, mirrored beyond the border. Then out(y, x) is at (y + dy, x +
// dx), bilinear and reflected, where dy and dx are alpha times uniform noise blurred by a Gaussian
// of sigma, cut at 3 sigma.
//   corners: [3][2], x and y, each in [-elastic.corner, elastic.corner)
//   dx, dy: [height, width], each in [-1, 1); changed
void elastic_transform(const std::uint8_t* in, ImageSize size, const ElasticParameters& elastic,
                       const double (&corners)[3][2], double* dx, double* dy, std::uint8_t* out,
                       Workspace& workspace);

}  // namespace data::corruptions
