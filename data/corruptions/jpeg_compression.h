// Through JPEG and back, as Pillow with libjpeg-turbo: baseline, 4:2:0, the accurate integer
// cosine transforms, smooth upsampling of colour.
#pragma once

#include "data/corruptions/arrays.h"
#include "data/corruptions/workspace.h"

namespace data::corruptions {

void jpeg_compression(const std::uint8_t* in, ImageSize size, int quality, std::uint8_t* out,
                      Workspace& workspace);

}  // namespace data::corruptions
