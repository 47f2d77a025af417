#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "data/corruptions/defocus_blur.h"
#include "data/corruptions/gaussian_filter.h"
#include "data/corruptions/glass_blur.h"
#include "data/corruptions/motion_blur.h"
#include "data/corruptions/zoom.h"
#include "test/data/some_images.h"
#include "test/support/catch.h"

using namespace data::corruptions;
using data::ImageSize;
using Bytes = std::vector<std::uint8_t>;

namespace {

// One channel, 33 x 33, black but for its middle.
constexpr int kSide = 33, kMiddle = 16;
Bytes point() {
  Bytes bytes(kSide * kSide);
  bytes[kMiddle * kSide + kMiddle] = 255;
  return bytes;
}

struct Extent {
  int top = kSide, bottom = -1, left = kSide, right = -1, sum = 0;
};
Extent extent(const Bytes& bytes, int stride = 1) {
  Extent result;
  for (int y = 0; y < kSide; ++y)
    for (int x = 0; x < kSide; ++x) {
      const int value = bytes[static_cast<std::size_t>((y * kSide + x) * stride)];
      if (value == 0) continue;
      result.top = std::min(result.top, y - kMiddle);
      result.bottom = std::max(result.bottom, y - kMiddle);
      result.left = std::min(result.left, x - kMiddle);
      result.right = std::max(result.right, x - kMiddle);
      result.sum += value;
    }
  return result;
}

Bytes moved(const Bytes& bytes, const MotionParameters& motion, double degrees) {
  Bytes out(bytes.size());
  Workspace workspace;
  motion_blur(bytes.data(), Grid(kSide, kSide, 1), motion, degrees, out.data(), workspace);
  return out;
}

// An image of [kSide, kSide, 3].
Bytes colored(const Bytes& grey) {
  Bytes bytes;
  for (const std::uint8_t byte : grey) bytes.insert(bytes.end(), 3, byte);
  return bytes;
}

}  // namespace

TEST_CASE("motion blur is a trace to one side, twice the radius long") {
  const Extent across = extent(moved(point(), {6, 30}, 0));
  CHECK((across.left == -12 && across.right == 0 && across.top == 0 && across.bottom == 0));
  CHECK(std::abs(across.sum - 255) < 8);
  const Extent up = extent(moved(point(), {2.3, 30}, 90));  // reads below, so the trace goes up
  CHECK((up.left == 0 && up.right == 0 && up.top == -6 && up.bottom == 0));
  const Extent slanted = extent(moved(point(), {6, 30}, -45));
  CHECK((slanted.left == -8 && slanted.right == 0 && slanted.top == 0 && slanted.bottom == 8));
}

TEST_CASE("motion blur weighs as a Gaussian, and the border's pixel goes on") {
  const Bytes trace = moved(point(), {6, 2}, 0);
  const auto at = [&](int x) {
    return static_cast<int>(trace[static_cast<std::size_t>(kMiddle * kSide + kMiddle - x)]);
  };
  CHECK(at(0) > 80);
  CHECK(at(2) / static_cast<double>(at(0)) == Approx(std::exp(-.5)).margin(.02));
  CHECK(at(4) / static_cast<double>(at(0)) == Approx(std::exp(-2)).margin(.02));
  for (const int value : {0, 1, 77, 254, 255}) {
    const Bytes plain(kSide * kSide, static_cast<std::uint8_t>(value));
    CHECK((moved(plain, {9, 2.5}, 33) == plain));
  }
}

TEST_CASE("defocus is a disk") {
  const Bytes in = colored(point());
  for (const auto& [radius, pixels, reach] : {std::tuple(1., 5, 1), std::tuple(1.5, 9, 1),
                                              std::tuple(3., 29, 3), std::tuple(6., 113, 6)}) {
    Bytes out(in.size());
    Workspace workspace;
    defocus_blur(in.data(), {kSide, kSide}, {radius, .01}, out.data(), workspace);
    const Extent found = extent(out, 3);
    INFO("radius " << radius);
    CHECK((found.left == -reach && found.right == reach && found.top == -reach &&
           found.bottom == reach));
    CHECK(std::count_if(out.begin(), out.end(), [](int value) { return value > 0; }) == 3 * pixels);
    CHECK(std::abs(found.sum - 255) <= pixels);
  }
}

TEST_CASE("the disk's edges are smoothed by 3x3, beyond radius 8 by 5x5") {
  Workspace workspace;
  for (const auto& [radius, reach] : {std::pair(4., 5), std::pair(8., 8), std::pair(12., 12)}) {
    const DiskKernel kernel = disk_kernel({radius, .5}, workspace);
    CHECK(kernel.reach == std::max(8, static_cast<int>(radius)));
    int widest = 0;
    double sum = 0;
    for (int y = -kernel.reach; y <= kernel.reach; ++y)
      for (int x = -kernel.reach; x <= kernel.reach; ++x) {
        sum += kernel.at(y, x);
        if (kernel.at(y, x) > 0) widest = std::max(widest, x);
        CHECK(kernel.at(y, x) == kernel.at(-y, -x));
      }
    CHECK(widest == reach);
    CHECK(sum == Approx(1).margin(.015));  // mirrored where the disk meets the array's end
  }
}

TEST_CASE("the Gaussian has its variance, sum and width") {
  std::vector<double> array(kSide * kSide);
  array[kMiddle * kSide + kMiddle] = 1;
  Workspace workspace;
  gaussian_filter(array.data(), Grid(kSide, kSide, 1), {.sigma = 2}, workspace);
  CHECK(std::accumulate(array.begin(), array.end(), 0.0) == Approx(1));
  double variance = 0;
  for (int x = 0; x < kSide; ++x) {
    double column = 0;
    for (int y = 0; y < kSide; ++y) column += array[static_cast<std::size_t>(y * kSide + x)];
    variance += column * (x - kMiddle) * (x - kMiddle);
    CHECK((column > 0) == (std::abs(x - kMiddle) <= 8));
  }
  CHECK(variance == Approx(4).epsilon(.01));
}

TEST_CASE("beyond a border") {
  const auto all = [](Border border) {
    std::string text;
    for (int i = -5; i < 9; ++i) text += "abcd"[inside(border, i, 4)];
    return text;
  };
  CHECK(all(Border::Nearest) == "aaaaaabcdddddd");
  CHECK(all(Border::Reflect) == "ddcbaabcddcbaa");
  CHECK(all(Border::Mirror) == "bcdcbabcdcbabc");
  CHECK(inside(Border::Mirror, 7, 1) == 0);
}

TEST_CASE("glass moves pixels one after another, from the last to the first") {
  const ImageSize size{32, 40};
  const data::Images image = test::position_image(size.height, size.width);
  const auto through = [&](const GlassParameters& glass, Offset offset) {
    const std::vector<Offset> offsets(static_cast<std::size_t>(moved_pixels(size, glass.reach)),
                                      offset);
    Bytes out(image.image_size());
    Workspace workspace;
    glass_blur(image.image(0), size, glass, offsets.data(), out.data(), workspace);
    return out;
  };
  const auto at = [&](const Bytes& bytes, int y, int x) {
    const std::size_t i = static_cast<std::size_t>(y * size.width + x) * 3;
    return std::pair(bytes[i] - 1, bytes[i + 1] - 1);
  };
  CHECK(moved_pixels(size, 1) == 30 * 38);
  CHECK((through({.05, 1, 1}, {0, 0}) == image.pixels));  // too narrow a Gaussian to blur
  const Bytes shifted = through({.05, 1, 1}, {-1, -1});
  CHECK(at(shifted, 31, 39) == std::pair(30, 38));
  CHECK(at(shifted, 2, 2) == std::pair(1, 1));
  CHECK(at(shifted, 1, 20) == std::pair(1, 20));  // rows and columns up to the reach stay
  CHECK(at(shifted, 20, 1) == std::pair(20, 1));
  // What has been moved already is read: the last column goes all the way.
  const Bytes drawn = through({.05, 2, 1}, {0, 1});
  CHECK(at(drawn, 10, 3) == std::pair(10, 39));
  CHECK(at(drawn, 10, 2) == std::pair(10, 2));
  CHECK(at(drawn, 31, 20) == std::pair(31, 20));
}

TEST_CASE("zoom enlarges the middle, end to end") {
  Workspace workspace;
  const ZoomAxis none = zoom_axis(32, 1, workspace);
  for (int i = 0; i < 32; ++i) CHECK((none.low[i] == i && none.high_weight[i] == 0));
  // 26 of 32 positions become 32 (32.5, rounded to even as Python does).
  const ZoomAxis axis = zoom_axis(32, 1.25, workspace);
  CHECK((axis.low[0] == 3 && axis.high_weight[0] == 0));
  CHECK((axis.low[1] == 3 && axis.high_weight[1] == Approx(25 / 31.)));
  CHECK((axis.low[31] == 28 && axis.high_weight[31] == 0));
  for (int i = 1; i < 32; ++i) CHECK(axis.low[i] >= axis.low[i - 1]);
  // 15 become 34, of which one is cut off on each side.
  const ZoomAxis twice = zoom_axis(32, 2.25, workspace);
  CHECK((twice.low[0] == 8 && twice.high_weight[0] == Approx(14 / 33.)));
}

TEST_CASE("zoom blur keeps what is plain and the middle, and blurs towards the border") {
  Bytes plain(32 * 32 * 3, 204), out(plain.size());
  Workspace workspace;
  zoom_blur(plain.data(), {32, 32}, {26, .01}, out.data(), workspace);
  for (const std::uint8_t byte : out) CHECK((byte == 204 || byte == 203));

  const Bytes in = colored(point());
  Bytes spread(in.size());
  zoom_blur(in.data(), {kSide, kSide}, {7, .01}, spread.data(), workspace);
  const Extent found = extent(spread, 3);
  // An odd side's middle moves a little to the right and down, where more is cut off.
  CHECK((found.left == 0 && found.right == 2 && found.top == 0 && found.bottom == 2));
  CHECK(spread[(kMiddle * kSide + kMiddle) * 3] > 100);
}
