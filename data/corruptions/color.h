// Corruptions of colour. x are the values of a pixel as shares of 1, in double.
#pragma once

#include "data/corruptions/arrays.h"
#include "data/corruptions/parameters.h"

namespace data::corruptions {

// (x - m) factor + m, where m is the channel's mean over the image.
void contrast(const std::uint8_t* in, ImageSize size, double factor, std::uint8_t* out);

// Hue, saturation and value (scikit-image's rgb2hsv), the value plus `added`, clipped, and back.
void brightness(const std::uint8_t* in, ImageSize size, double added, std::uint8_t* out);

// The same, with the saturation times a factor plus a shift, clipped.
void saturate(const std::uint8_t* in, ImageSize size, const SaturateParameters& change,
              std::uint8_t* out);

}  // namespace data::corruptions
