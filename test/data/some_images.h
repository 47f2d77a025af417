// Images for tests of views: made by formula, each pixel different from its neighbours.
#pragma once

#include "data/dataset.h"
#include "kernels/base/philox.h"

namespace test {

inline data::Images random_images(int count, int height, int width, int classes = 10) {
  data::Images images{count, height, width, classes, {}, {}};
  images.pixels.resize(count * images.image_size());
  kernels::Random random(1, kernels::RandomUse::Test);
  for (auto& pixel : images.pixels) pixel = static_cast<std::uint8_t>(random.below(256));
  for (int i = 0; i < count; ++i) images.labels.push_back(i % classes);
  return images;
}

// Pixel (y, x) is (y + 1, x + 1, 255), so that a pixel tells where it comes from.
inline data::Images position_image(int height, int width) {
  data::Images images{1, height, width, 10, {}, {0}};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (const int value : {y + 1, x + 1, 255})
        images.pixels.push_back(static_cast<std::uint8_t>(value));
  return images;
}

// One image, all of one colour.
inline data::Images plain_image(int height, int width, std::uint8_t value) {
  data::Images images{1, height, width, 10, {}, {0}};
  images.pixels.assign(images.image_size(), value);
  return images;
}

}  // namespace test
