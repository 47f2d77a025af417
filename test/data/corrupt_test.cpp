#include "data/corrupt.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "test/data/some_images.h"
#include "test/support/catch.h"

using namespace data;
using Bytes = std::vector<std::uint8_t>;

namespace {

// The separable Gaussian in double, cut at 4 sigma, the border going on.
std::vector<double> exact_blur(const Images& images, double sigma) {
  const int height = images.height, width = images.width;
  const int radius = std::max(1, static_cast<int>(std::lround(4 * sigma)));
  double total = 0;
  for (int d = -radius; d <= radius; ++d) total += std::exp(-d * d / (2 * sigma * sigma));
  std::vector<double> out(images.image_size());
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c)
        for (int v = -radius; v <= radius; ++v)
          for (int u = -radius; u <= radius; ++u) {
            const int from_y = std::clamp(y + v, 0, height - 1);
            const int from_x = std::clamp(x + u, 0, width - 1);
            const double weight = std::exp(-(u * u + v * v) / (2 * sigma * sigma));
            out[(y * width + x) * 3 + c] +=
                weight / total / total * images.pixels[(from_y * width + from_x) * 3 + c];
          }
  return out;
}

}  // namespace

TEST_CASE("blur is the Gaussian of its sigma, up to rounding") {
  for (const auto [height, width] : {ImageSize{32, 32}, ImageSize{7, 19}, ImageSize{1, 1}}) {
    for (const float sigma : {.2f, .5f, 1.0f, 2.3f, 6.0f}) {
      const Images images = test::random_images(1, height, width);
      Bytes blurred(images.image_size());
      gaussian_blur(images.image(0), {height, width}, sigma, blurred.data());
      const std::vector<double> exact = exact_blur(images, sigma);
      double error = 0;
      for (std::size_t i = 0; i < exact.size(); ++i)
        error = std::max(error, std::abs(blurred[i] - exact[i]));
      INFO(height << " x " << width << ", sigma " << sigma);
      CHECK(error < .55);  // half a level is rounding
    }
  }
}

TEST_CASE("blur keeps sums and has variance sigma squared") {
  Images line = test::plain_image(33, 33, 0);
  for (int y = 0; y < 33; ++y)
    for (int c = 0; c < 3; ++c) line.pixels[(y * 33 + 16) * 3 + c] = 250;
  Bytes blurred(line.image_size());
  gaussian_blur(line.image(0), {33, 33}, 2, blurred.data());
  double sum = 0, variance = 0;
  for (int x = 0; x < 33; ++x) {
    const double value = blurred[(10 * 33 + x) * 3 + 1];
    sum += value;
    variance += value * (x - 16) * (x - 16);
  }
  CHECK(std::abs(sum - 250) < 3);
  CHECK(std::abs(variance / sum - 4) < .12);

  for (const int value : {0, 1, 128, 255}) {
    const Images plain = test::plain_image(8, 8, static_cast<std::uint8_t>(value));
    Bytes out(plain.image_size());
    gaussian_blur(plain.image(0), {8, 8}, 1, out.data());
    CHECK(out == plain.pixels);
  }
}

TEST_CASE("noise has mean 0 and its sigma, and differs by seed, epoch and stream") {
  const Images grey = test::plain_image(64, 64, 128);
  const ImageSize size{64, 64};
  const auto noisy = [&](NoiseStream stream, bool wrap = false) {
    Bytes out(grey.image_size());
    gaussian_noise(grey.image(0), size, 20, wrap, stream, out.data());
    return out;
  };
  const Bytes first = noisy({1, 2, 3});
  double sum = 0, squares = 0, neighbours = 0;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const double value = first[i] - 128.0;
    sum += value;
    squares += value * value;
    if (i > 0) neighbours += value * (first[i - 1] - 128.0);
  }
  const double count = static_cast<double>(first.size());
  CHECK(std::abs(sum / count) < .8);
  CHECK(std::abs(std::sqrt(squares / count) - 20) < .6);
  CHECK(std::abs(neighbours / squares) < .04);
  CHECK(noisy({1, 2, 3}) == first);
  for (const NoiseStream other : {NoiseStream{0, 2, 3}, NoiseStream{1, 0, 3}, NoiseStream{1, 2, 0},
                                  NoiseStream{1 + (1ull << 32), 2, 3}})
    CHECK(noisy(other) != first);
}

TEST_CASE("noise clips, or wraps around where the released code does") {
  const Images white = test::plain_image(16, 16, 255);
  Bytes clipped(white.image_size()), wrapped(white.image_size());
  gaussian_noise(white.image(0), {16, 16}, 20, false, {1, 0, 0}, clipped.data());
  gaussian_noise(white.image(0), {16, 16}, 20, true, {1, 0, 0}, wrapped.data());
  const auto dark = [](std::uint8_t value) { return value < 100; };
  CHECK(std::count_if(clipped.begin(), clipped.end(), dark) == 0);
  const auto times = std::count_if(wrapped.begin(), wrapped.end(), dark);
  CHECK(std::abs(static_cast<double>(times) / 768 - .48) < .08);  // a positive number of at least 1
}

TEST_CASE("jitter is Pillow's, byte for byte") {
  Bytes pixels;
  for (int i = 0; i < 48; ++i) pixels.push_back(static_cast<std::uint8_t>(i * 37 + 11));
  const Jitter jitter{{1.125f, 1.25f, .625f},
                      {JitterStep::Contrast, JitterStep::Saturation, JitterStep::Brightness}};
  Bytes out(48);
  color_jitter(pixels.data(), {4, 4}, jitter, out.data());
  // ImageEnhance Contrast 1.25, then Color 0.625, then Brightness 1.125, of Pillow 9.4.
  CHECK(out == Bytes{10,  29,  61,  150, 183, 216, 212, 33,  55,  102, 135, 167,
                     241, 255, 90,  55,  87,  120, 210, 243, 255, 13,  40,  73,
                     163, 195, 228, 212, 33,  64,  114, 147, 180, 252, 255, 91,
                     67,  100, 132, 222, 254, 255, 19,  51,  84,  175, 208, 240});
}

TEST_CASE("jitter by factors of one changes nothing, and its order matters") {
  const Images images = test::random_images(1, 8, 8);
  Bytes out(images.image_size()), other(images.image_size());
  const auto b = JitterStep::Brightness, c = JitterStep::Contrast, s = JitterStep::Saturation;
  color_jitter(images.image(0), {8, 8}, {{1, 1, 1}, {c, b, s}}, out.data());
  CHECK(out == images.pixels);
  color_jitter(images.image(0), {8, 8}, {{1.5f, .5f, 1.4f}, {b, c, s}}, out.data());
  color_jitter(images.image(0), {8, 8}, {{1.5f, .5f, 1.4f}, {c, b, s}}, other.data());
  CHECK(out != other);
  color_jitter(images.image(0), {8, 8}, {{1, 1, 0}, {b, c, s}}, out.data());
  bool grey = true;
  for (std::size_t i = 0; i < out.size(); i += 3)
    grey &= out[i] == out[i + 1] && out[i] == out[i + 2];
  CHECK(grey);
}
