// The clean images that the benchmark was made from.
#pragma once

#include "data/corruptions/preset.h"
#include "data/image_file.h"

namespace data::corruptions {

// A picture as a square of `side` pixels, resized by Pillow's bilinear filter as the
// preset's published code does: ImageNet: the shorter side to 256 (for another `side`: as much more
// as 256 is more than 224), then the middle; Inception: the middle 7/8 of both sides, then
// resized; Cifar and Tiny: the whole picture resized.
// An Error where the resized picture would have more than kMostPixels.
Image prepare(const Image& picture, Preset preset, int side);
// The same of a file; errors name it.
Image read_prepared(const std::string& path, Preset preset, int side);

// Of the JPEG files that ImageNet-C's corrupted images were saved as.
inline constexpr int kImageNetQuality = 85;

}  // namespace data::corruptions
