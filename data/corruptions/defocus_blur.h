// Defocus: a disk, as OpenCV's filter2D, GaussianBlur and getGaussianKernel make it.
#pragma once

#include "data/corruptions/arrays.h"
#include "data/corruptions/parameters.h"
#include "data/corruptions/workspace.h"

namespace data::corruptions {

struct DiskKernel {
  int reach;             // rows and columns -reach to reach
  const float* weights;  // [2 reach + 1, 2 reach + 1]
  float at(int y, int x) const { return weights[long{y + reach} * (2 * reach + 1) + x + reach]; }
};

// 1 where y^2 + x^2 <= radius^2, divided by its sum, then blurred in float by the Gaussian of
// alias_sigma, cut to 3x3 (5x5 where radius > 8). Reach is 8, or the radius where that is larger.
DiskKernel disk_kernel(const DefocusParameters& defocus, Workspace& workspace);

// out(y, x) = sum over kernel(v, u) in(y + v, x + u), row by row, mirrored beyond the border (the
// border's pixel not repeated).
void defocus_blur(const std::uint8_t* in, ImageSize size, const DefocusParameters& defocus,
                  std::uint8_t* out, Workspace& workspace);

}  // namespace data::corruptions
