#include "data/corruptions/prepare.h"

#include <cmath>

#include "data/corruptions/pillow_resize.h"
#include "kernels/base/check.h"

namespace data::corruptions {
namespace {

struct Size {
  long height, width;
};

Image resized(const Image& picture, Size size) {
  CHECK(size.height * size.width <= kMostPixels, "a picture of ", picture.height, " x ",
        picture.width, " would be resized to ", size.height, " x ", size.width, ", more than the ",
        kMostPixels, " pixels that are taken");
  const int height = static_cast<int>(size.height), width = static_cast<int>(size.width);
  Image result{height, width, std::vector<std::uint8_t>(std::size_t(height) * width * 3)};
  Workspace workspace;
  pillow_resize(picture.pixels.data(), {picture.height, picture.width}, {height, width},
                PillowFilter::Bilinear, result.pixels.data(), workspace);
  return result;
}

// Half a pixel that is left over goes to the even side, as Python rounds.
Image middle(const Image& picture, int height, int width) {
  const int top = static_cast<int>(std::nearbyint((picture.height - height) / 2.0));
  const int left = static_cast<int>(std::nearbyint((picture.width - width) / 2.0));
  Image result{height, width, {}};
  result.pixels.reserve(std::size_t(height) * width * 3);
  for (int y = 0; y < height; ++y) {
    const auto row = picture.pixels.begin() + (long{top + y} * picture.width + left) * 3;
    result.pixels.insert(result.pixels.end(), row, row + width * 3L);
  }
  return result;
}

Image shorter_side(const Image& picture, int side) {
  const auto longer = [&](int is, int other) {
    return static_cast<long>(static_cast<double>(long{side} * is) / other);
  };
  return resized(picture, picture.height < picture.width
                              ? Size{side, longer(picture.width, picture.height)}
                              : Size{longer(picture.height, picture.width), side});
}

}  // namespace

Image prepare(const Image& picture, Preset preset, int side) {
  CHECK(picture.height > 0 && picture.width > 0, "prepare: the picture is empty");
  if (preset == Preset::ImageNet)
    return middle(shorter_side(picture, side * 256 / 224), side, side);
  if (preset == Preset::Inception) {
    const int height = static_cast<int>(picture.height * .875);
    const int width = static_cast<int>(picture.width * .875);
    return resized(middle(picture, std::max(height, 1), std::max(width, 1)), {side, side});
  }
  return resized(picture, {side, side});
}

Image read_prepared(const std::string& path, Preset preset, int side) {
  const Image picture = read_image(path);
  try {
    return prepare(picture, preset, side);
  } catch (const kernels::Error& error) {
    throw kernels::Error(path + ": " + error.what());
  }
}

}  // namespace data::corruptions
