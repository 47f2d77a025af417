// Frost: a piece of a picture of ice over the image.
#pragma once

#include "data/corruptions/arrays.h"
#include "data/corruptions/parameters.h"
#include "data/image_file.h"

namespace data::corruptions {

// Where a piece may begin: rows [0, rows), columns [0, columns), which are the texture's less the
// image's (the published range is half open), but 1 at least.
struct FrostRange {
  double enlarged;  // how much the texture is, so that it covers the image; 1 where it does
  int rows, columns;
};
FrostRange frost_range(const Image& texture, ImageSize size);

// weights.image in(y, x) + weights.ice texture(top + y, left + x), in bytes; an enlarged texture is
// bilinear between its pixels' centres.
struct FrostPlace {
  double enlarged;
  int top, left;
};
void frost(const std::uint8_t* in, ImageSize size, const FrostParameters& weights,
           const Image& texture, const FrostPlace& place, std::uint8_t* out);

}  // namespace data::corruptions
