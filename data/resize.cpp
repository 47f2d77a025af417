// Picture sizes: center_square() and resize() of image_file.h.
#include <algorithm>
#include <cmath>

#include "data/image_file.h"
#include "kernels/base/check.h"

namespace data {
namespace {

// Along one direction, target position i is the sum of weights[j] times source first + j.
struct Mixture {
  int first;
  std::vector<float> weights;  // their sum is 1
};

std::vector<Mixture> mixtures(int source, int target) {
  std::vector<Mixture> all(target);
  const double step = double(source) / target;
  for (int i = 0; i < target; ++i) {
    Mixture& mixture = all[i];
    if (source >= target) {  // the average of what [i, i + 1) covers
      const double begin = i * step, end = std::min((i + 1) * step, double(source));
      mixture.first = static_cast<int>(begin);
      for (int j = mixture.first; j < source && j < end; ++j) {
        const double covered = std::min(j + 1.0, end) - std::max(double(j), begin);
        mixture.weights.push_back(static_cast<float>(covered / (end - begin)));
      }
    } else {  // between the two nearest pixel centres
      const double center = std::clamp((i + .5) * step - .5, 0.0, source - 1.0);
      mixture.first = std::min(static_cast<int>(center), std::max(source - 2, 0));
      const auto share = static_cast<float>(center - mixture.first);
      mixture.weights = {1 - share};
      if (source > 1) mixture.weights.push_back(share);
    }
  }
  return all;
}

}  // namespace

Image center_square(const Image& image) {
  const int side = std::min(image.height, image.width);
  const int top = (image.height - side) / 2, left = (image.width - side) / 2;
  Image square{side, side, {}};
  square.pixels.reserve(std::size_t(side) * side * 3);
  for (int y = 0; y < side; ++y) {
    const auto row = image.pixels.begin() + (long{top + y} * image.width + left) * 3;
    square.pixels.insert(square.pixels.end(), row, row + side * 3);
  }
  return square;
}

Image resize(const Image& image, int height, int width) {
  CHECK(height >= 1 && width >= 1 && long{height} * width <= kMostPixels,
        "resize: expected a target of 1 to ", kMostPixels, " pixels, got ", height, " x ", width);
  CHECK(image.height >= 1 && image.width >= 1, "resize: the image is empty");
  const std::vector<Mixture> rows = mixtures(image.height, height);
  const std::vector<Mixture> columns = mixtures(image.width, width);
  Image out{height, width, std::vector<std::uint8_t>(std::size_t(height) * width * 3)};
  std::vector<float> mixed(std::size_t(image.width) * 3);  // one target row, still of source width
  for (int y = 0; y < height; ++y) {
    std::fill(mixed.begin(), mixed.end(), 0.0f);
    for (std::size_t j = 0; j < rows[y].weights.size(); ++j) {
      const std::uint8_t* source = image.pixels.data() + (rows[y].first + j) * mixed.size();
      for (std::size_t i = 0; i < mixed.size(); ++i)
        mixed[i] += rows[y].weights[j] * static_cast<float>(source[i]);
    }
    std::uint8_t* target = out.pixels.data() + std::size_t(y) * width * 3;
    for (const Mixture& column : columns) {
      for (int c = 0; c < 3; ++c) {
        float sum = 0;
        for (std::size_t j = 0; j < column.weights.size(); ++j)
          sum += column.weights[j] * mixed[(column.first + j) * 3 + c];
        *target++ = static_cast<std::uint8_t>(std::lround(std::clamp(sum, 0.0f, 255.0f)));
      }
    }
  }
  return out;
}

}  // namespace data
