// Pictures in files: JPEG through libjpeg-turbo, PNG, BMP, GIF, TGA, PNM and PSD through stb_image.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace data {

struct Image {
  int height = 0, width = 0;
  std::vector<std::uint8_t> pixels;  // [height, width, 3], RGB
};

// Grey becomes RGB; transparency is dropped. Errors name the file: missing, not a picture, broken,
// or of more than kMostPixels pixels.
Image read_image(const std::string& path);
inline constexpr long kMostPixels = 100'000'000;

// The largest square in the middle.
Image center_square(const Image& image);

// Each pixel is the average of the source area that it covers when shrinking, a bilinear mixture
// of its neighbours when enlarging; the two directions are treated separately.
Image resize(const Image& image, int height, int width);

// Whether a PNG of that size can be written: about 700 million pixels.
bool fits_png(int height, int width);
// Written beside and renamed, so that `path` is never a half-written file.
void write_png(const std::string& path, const Image& image);
// Baseline, 4:2:0. quality: 1 to 100.
void write_jpeg(const std::string& path, const Image& image, int quality);

}  // namespace data
