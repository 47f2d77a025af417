// Gaussian blur of arrays and of images.
#pragma once

#include "data/corruptions/arrays.h"
#include "data/corruptions/workspace.h"

namespace data::corruptions {

struct GaussianFilter {
  double sigma;    // pixels
  double cut = 4;  // weights end at this many sigmas
  Border border = Border::Nearest;
};

// scipy.ndimage.gaussian_filter, in place, each channel by itself: first along columns, then along
// rows, the sum over distances d = -r .. r of exp(-d^2 / (2 sigma^2)), normalised to sum 1, times
// what is that far away; r = cut sigma, rounded. Sums go from the farthest distance to the nearest.
void gaussian_filter(double* array, Grid grid, const GaussianFilter& filter, Workspace& workspace);

// The corruption: the Gaussian of an image of bytes.
void gaussian_blur(const std::uint8_t* in, ImageSize size, double sigma, std::uint8_t* out,
                   Workspace& workspace);

}  // namespace data::corruptions
