#include "data/corruptions/color.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "data/corruptions/elastic_transform.h"
#include "data/corruptions/jpeg_compression.h"
#include "data/corruptions/pillow_resize.h"
#include "data/corruptions/prepare.h"
#include "test/data/some_images.h"
#include "test/support/catch.h"

using namespace data::corruptions;
using data::ImageSize;
using Bytes = std::vector<std::uint8_t>;

namespace {

// One pixel, changed.
template <class Change>
Bytes changed(const Bytes& pixel, const Change& change) {
  Bytes out(3);
  change(pixel.data(), ImageSize{1, 1}, out.data());
  return out;
}

Bytes warped(const data::Images& image, const ElasticParameters& elastic, double down, double right,
             double shift_x = 0) {
  const ImageSize size{image.height, image.width};
  const double corners[3][2] = {{right, down}, {right, down}, {right, down}};
  std::vector<double> dx(static_cast<std::size_t>(size.pixels()), shift_x), dy(dx.size(), 0);
  Bytes out(image.image_size());
  Workspace workspace;
  elastic_transform(image.image(0), size, elastic, corners, dx.data(), dy.data(), out.data(),
                    workspace);
  return out;
}

}  // namespace

TEST_CASE("contrast keeps each channel's mean and shrinks what is around it") {
  Bytes in, out(64 * 3);
  for (int i = 0; i < 64; ++i)
    for (const int value : {i % 2 ? 150 : 50, 80, i < 32 ? 0 : 255})
      in.push_back(static_cast<std::uint8_t>(value));
  contrast(in.data(), {8, 8}, .4, out.data());
  for (int i = 0; i < 64; ++i) {
    CHECK(std::abs(out[static_cast<std::size_t>(3 * i)] - (i % 2 ? 120 : 80)) <= 1);
    CHECK(std::abs(out[static_cast<std::size_t>(3 * i + 1)] - 80) <= 1);
    CHECK(std::abs(out[static_cast<std::size_t>(3 * i + 2)] - (i < 32 ? 76 : 178)) <= 1);
  }
}

TEST_CASE("brightness adds to the largest channel, the others keep their ratios to it") {
  const auto brighter = [](double by) {
    return [by](const std::uint8_t* in, ImageSize size, std::uint8_t* out) {
      brightness(in, size, by, out);
    };
  };
  CHECK(changed({100, 50, 25}, brighter(.2)) == Bytes{151, 75, 37});
  CHECK(changed({25, 100, 50}, brighter(.2)) == Bytes{37, 151, 75});
  CHECK(changed({50, 25, 100}, brighter(.2)) == Bytes{75, 37, 151});
  CHECK(changed({0, 0, 0}, brighter(.1)) == Bytes{25, 25, 25});
  CHECK(changed({240, 120, 0}, brighter(.3)) == Bytes{255, 127, 0});
}

TEST_CASE("saturation goes towards grey or away, and grey becomes reddish where a shift is added") {
  const auto saturated = [](double factor, double shift) {
    return [=](const std::uint8_t* in, ImageSize size, std::uint8_t* out) {
      saturate(in, size, {factor, shift}, out);
    };
  };
  CHECK(changed({200, 100, 150}, saturated(.1, 0)) == Bytes{200, 189, 195});
  CHECK(changed({200, 100, 150}, saturated(2, 0)) == Bytes{200, 0, 100});
  CHECK(changed({200, 100, 150}, saturated(30, .2)) == Bytes{200, 0, 100});
  CHECK(changed({200, 200, 200}, saturated(2, .1)) == Bytes{200, 180, 180});
}

TEST_CASE("pixelate averages blocks and repeats them") {
  const data::Images image = test::random_images(1, 32, 32);
  Bytes out(image.image_size());
  Workspace workspace;
  pixelate(image.image(0), {32, 32}, .5, out.data(), workspace);
  for (int y = 0; y < 32; ++y)
    for (int x = 0; x < 32; ++x)
      for (int c = 0; c < 3; ++c) {
        const auto at = [&](const std::uint8_t* bytes, int row, int column) {
          return bytes[(row * 32 + column) * 3 + c];
        };
        double mean = 0;
        for (int i = 0; i < 4; ++i)
          mean += at(image.image(0), y / 2 * 2 + i / 2, x / 2 * 2 + i % 2) / 4.;
        CHECK(std::abs(at(out.data(), y, x) - mean) <= 1);
      }
}

TEST_CASE("resizing keeps what is plain, and to the same size changes nothing") {
  const data::Images image = test::random_images(1, 9, 13);
  Bytes same(image.image_size());
  Workspace workspace;
  pillow_resize(image.image(0), {9, 13}, {9, 13}, PillowFilter::Bilinear, same.data(), workspace);
  CHECK((same == image.pixels));
  const Bytes plain(9 * 13 * 3, 201);
  for (const PillowFilter filter : {PillowFilter::Box, PillowFilter::Bilinear})
    for (const ImageSize to : {ImageSize{4, 40}, ImageSize{20, 1}}) {
      Bytes out(static_cast<std::size_t>(to.values()));
      pillow_resize(plain.data(), {9, 13}, to, filter, out.data(), workspace);
      CHECK((out == Bytes(out.size(), 201)));
    }
}

TEST_CASE("JPEG loses more at lower quality, at any size") {
  const data::Images image = test::random_images(1, 33, 50);
  Workspace workspace;
  double before = 0;
  for (const int quality : {90, 50, 10}) {
    Bytes out(image.image_size());
    jpeg_compression(image.image(0), {33, 50}, quality, out.data(), workspace);
    double error = 0;
    for (std::size_t i = 0; i < out.size(); ++i) error += std::abs(out[i] - image.pixels[i]);
    CHECK(error > before);
    before = error;
  }
}

TEST_CASE("three corners that move alike move the image, which goes on mirrored") {
  const data::Images image = test::position_image(32, 36);
  const Bytes out = warped(image, {0, 0, 1}, 2, 3);
  const auto at = [&](const Bytes& bytes, int y, int x) {
    const auto i = static_cast<std::size_t>(y * 36 + x) * 3;
    return std::pair(std::lround(bytes[i] - .5), std::lround(bytes[i + 1] - .5));
  };
  const auto near = [&](std::pair<long, long> found, int y, int x) {
    return std::abs(found.first - y) <= 1 && std::abs(found.second - x) <= 1;
  };
  CHECK(near(at(out, 20, 20), 18, 17));
  CHECK(near(at(out, 2, 3), 0, 0));
  CHECK(near(at(out, 0, 1), 2, 2));
}

TEST_CASE("pixels are shifted by alpha times the noise, and nothing else changes them") {
  const data::Images image = test::random_images(1, 32, 32);
  const Bytes same = warped(image, {0, 0, 1}, 0, 0);
  for (std::size_t i = 0; i < same.size(); ++i)  // truncated after a division by 255 in float
    CHECK((same[i] == image.pixels[i] || same[i] + 1 == image.pixels[i]));
  const Bytes shifted = warped(image, {4, 0, 1}, 0, 0, .5);  // reads two pixels to the right
  CHECK(std::equal(shifted.begin() + 32 * 3 * 5, shifted.begin() + 32 * 3 * 5 + 90,
                   same.begin() + 32 * 3 * 5 + 6));
}

TEST_CASE("pictures are prepared to the side that is asked for") {
  const data::Images image = test::random_images(1, 90, 61);
  for (const Preset preset : {Preset::Cifar, Preset::Tiny, Preset::ImageNet, Preset::Inception}) {
    const data::Image out = prepare({90, 61, image.pixels}, preset, 40);
    CHECK((out.height == 40 && out.width == 40 && out.pixels.size() == 40 * 40 * 3));
  }
}
