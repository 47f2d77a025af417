#include "data/views.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>

#include "data/view_pixels.h"
#include "kernels/base/check.h"
#include "test/data/some_images.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

using namespace data;
using kernels::bfloat16;
using test_support::contains;
using Bytes = std::vector<std::uint8_t>;

namespace {

Bytes view_of(const Images& images, const View& view, int view_index, int epoch,
              const Augmentation& augmentation = {}, int image = 0) {
  Bytes out(images.image_size());
  write_view(images, image, view, view_index, augmentation, 11, epoch, out.data());
  return out;
}

struct Crop {
  int y, x;
  bool flip;
};

// How a clean view of position_image() was cropped and flipped, from its middle pixels.
Crop crop_of(const Bytes& view, int side) {
  const int middle = side / 2;
  const std::uint8_t* left = &view[(middle * side + middle) * 3];
  const std::uint8_t* right = left + 3;
  const bool flip = left[1] > right[1];
  return {left[0] - 1 - middle, left[1] - 1 - (flip ? side - 1 - middle : middle), flip};
}

}  // namespace

TEST_CASE("corruption names are read back, and others refused with the valid ones") {
  for (const View& view : default_views())
    CHECK(parse_corruption(name_of(view.corruption)) == view.corruption);
  CHECK(default_views().size() == 5);
  CHECK_THROWS_AS(parse_corruption("blur"), kernels::UsageError);
  CHECK_THROWS_WITH(
      parse_corruption("blur"),
      contains("none, gaussian_blur, gaussian_noise, contrast, rotation") && contains("'blur'"));
}

TEST_CASE("impossible strengths are refused by name") {
  for (const View& view : default_views()) CHECK_NOTHROW(check_view(view));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const Corruption corruption : {Corruption::GaussianBlur, Corruption::GaussianNoise,
                                      Corruption::ColorJitter, Corruption::Rotation})
    for (const float strength : {-1.0f, 1000.0f, nan})
      CHECK_THROWS_WITH(check_view({corruption, strength}), contains(name_of(corruption)));
  CHECK_THROWS_AS(check_view({Corruption::GaussianBlur, 0}), kernels::UsageError);
}

TEST_CASE("crops are uniform over all offsets and half of them flipped") {
  const Images images = test::position_image(32, 32);
  std::map<std::pair<int, int>, int> offsets;
  int flips = 0;
  const int epochs = 8100;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const Crop crop = crop_of(view_of(images, {}, 0, epoch), 32);
    ++offsets[{crop.y, crop.x}];
    flips += crop.flip;
  }
  CHECK(offsets.size() == 81);
  for (const auto& [offset, times] : offsets) {
    CHECK(std::abs(offset.first) <= 4);
    CHECK(std::abs(offset.second) <= 4);
    CHECK(std::abs(times - 100) < 50);
  }
  CHECK(std::abs(flips - epochs / 2) < 200);
}

TEST_CASE("views of an image are cropped independently") {
  const Images images = test::position_image(32, 32);
  int same_offset = 0, same_flip = 0;
  const int epochs = 2000;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const Crop first = crop_of(view_of(images, {}, 0, epoch), 32);
    const Crop second = crop_of(view_of(images, {}, 1, epoch), 32);
    same_offset += first.y == second.y && first.x == second.x;
    same_flip += first.flip == second.flip;
  }
  CHECK(same_offset < 60);  // expected: 25
  CHECK(std::abs(same_flip - epochs / 2) < 130);
}

TEST_CASE("neighbouring images share no random numbers through their views") {
  Images images = test::position_image(32, 32);
  images.count = 2;
  images.pixels.insert(images.pixels.end(), images.image(0), images.image(0) + images.image_size());
  int same = 0;
  for (int epoch = 0; epoch < 200; ++epoch)
    same += view_of(images, {}, 1, epoch, {}, 0) == view_of(images, {}, 0, epoch, {}, 1);
  CHECK(same < 10);  // expected: 200 / 162
}

TEST_CASE("what the crop takes from outside the image is black") {
  const Images images = test::position_image(32, 32);
  for (int epoch = 0; epoch < 20; ++epoch) {
    const Bytes view = view_of(images, {}, 0, epoch);
    const Crop crop = crop_of(view, 32);
    bool right = true;
    for (int y = 0; y < 32; ++y)
      for (int x = 0; x < 32; ++x) {
        const int from_y = y + crop.y, from_x = (crop.flip ? 31 - x : x) + crop.x;
        const bool inside = from_y >= 0 && from_y < 32 && from_x >= 0 && from_x < 32;
        const std::uint8_t* pixel = &view[(y * 32 + x) * 3];
        right &= pixel[0] == (inside ? from_y + 1 : 0) && pixel[1] == (inside ? from_x + 1 : 0) &&
                 pixel[2] == (inside ? 255 : 0);
      }
    CHECK(right);
  }
}

TEST_CASE("without crop and flip a clean view is the image") {
  const Images images = test::random_images(2, 10, 14);
  const Augmentation still{.crop_and_flip = false};
  const Bytes view = view_of(images, {}, 3, 5, still, 1);
  CHECK(std::memcmp(view.data(), images.image(1), view.size()) == 0);
  CHECK(view_of(images, {Corruption::Rotation, 0}, 4, 5, still, 1) == view);
}

TEST_CASE("rotation turns within its limit, fills with black and flips unless told not to") {
  const Images white = test::plain_image(32, 32, 255);
  const Augmentation still{.crop_and_flip = false};
  int black_corners = 0;
  for (int epoch = 0; epoch < 50; ++epoch) {
    const Bytes view = view_of(white, {Corruption::Rotation, 30}, 4, epoch, still);
    black_corners += view[0] == 0;
    CHECK(view[(16 * 32 + 16) * 3] == 255);
  }
  CHECK(black_corners > 35);

  // The right neighbour of the middle comes from the right, if not flipped.
  const Images images = test::position_image(32, 32);
  const auto flips = [&](bool flip_rotation) {
    const Augmentation augmentation{.flip_rotation = flip_rotation};
    int count = 0;
    for (int epoch = 0; epoch < 200; ++epoch)
      count +=
          crop_of(view_of(images, {Corruption::Rotation, 20}, 4, epoch, augmentation), 32).flip;
    return count;
  };
  CHECK(flips(false) == 0);
  CHECK(std::abs(flips(true) - 100) < 40);
}

TEST_CASE("a corrupted view is the corruption, then the crop of the clean view of that index") {
  const Images images = test::random_images(1, 32, 32);
  const Augmentation still{.crop_and_flip = false};
  for (const View& view : default_views()) {
    if (view.corruption == Corruption::Rotation) continue;
    Images corrupted = images;
    corrupted.pixels = view_of(images, view, 2, 9, still);
    CHECK(view_of(images, view, 2, 9) == view_of(corrupted, {}, 2, 9));
    if (view.corruption != Corruption::None) CHECK(corrupted.pixels != images.pixels);
  }
}

TEST_CASE("noise wraps around where the augmentation says so") {
  const Images white = test::plain_image(16, 16, 255);
  for (const bool wrap : {false, true}) {
    const Augmentation augmentation{.crop_and_flip = false, .wrap_noise = wrap};
    const Bytes view = view_of(white, {Corruption::GaussianNoise, 20}, 2, 0, augmentation);
    const auto dark =
        std::count_if(view.begin(), view.end(), [](std::uint8_t value) { return value < 100; });
    CHECK((dark > 0) == wrap);
  }
}

TEST_CASE("numbers are the normalised bytes, and bf16 is the rounded float") {
  const Images images = test::random_images(3, 7, 5);
  for (const View& view : default_views()) {
    const Bytes bytes = view_of(images, view, 1, 2, {}, 2);
    std::vector<float> wide(bytes.size());
    std::vector<bfloat16> narrow(bytes.size());
    write_view(images, 2, view, 1, {}, kCifarNormalization, 11, 2, wide.data());
    write_view(images, 2, view, 1, {}, kCifarNormalization, 11, 2, narrow.data());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const double expected =
          (bytes[i] / 255.0 - kCifarNormalization.mean[i % 3]) / kCifarNormalization.std[i % 3];
      REQUIRE(std::abs(wide[i] - expected) < 1e-6);
      REQUIRE(narrow[i].bits == bfloat16(wide[i]).bits);
    }
  }
}

TEST_CASE("evaluation images do not depend on an epoch, and share no numbers with training") {
  const Images images = test::random_images(4, 32, 32);
  const Augmentation still{.crop_and_flip = false};
  for (const View& view : default_views()) {
    const auto evaluated = [&](int image, std::uint64_t seed) {
      Bytes out(images.image_size());
      write_evaluation_image(images, image, view, seed, out.data());
      return out;
    };
    const Bytes bytes = evaluated(3, 11);
    CHECK(bytes == evaluated(3, 11));
    const bool random =
        view.corruption != Corruption::None && view.corruption != Corruption::GaussianBlur;
    CHECK((bytes != evaluated(3, 12)) == random);
    CHECK((bytes != view_of(images, view, int(view.corruption), 0, still, 3)) == random);
    std::vector<float> wide(bytes.size()), expected(bytes.size());
    write_evaluation_image(images, 3, view, kCifarNormalization, 11, wide.data());
    normalize(bytes.data(), static_cast<long>(bytes.size()), kCifarNormalization, expected.data());
    CHECK(wide == expected);
  }
}

TEST_CASE("the bytes of views are the same on every machine and build") {
  const Images images = test::random_images(3, 32, 32);
  std::vector<std::uint32_t> sums;
  for (int index = 0; index < 5; ++index) {
    std::uint32_t sum = 2166136261u;  // FNV-1a
    for (int image = 0; image < images.count; ++image)
      for (const std::uint8_t byte : view_of(images, default_views()[index], index, 1, {}, image))
        sum = (sum ^ byte) * 16777619u;
    sums.push_back(sum);
  }
  CHECK(sums ==
        std::vector<std::uint32_t>{3111821651u, 1581962661u, 522257108u, 870396125u, 798194407u});
}

TEST_CASE("images and views that do not exist are refused") {
  const Images images = test::random_images(2, 8, 8);
  Bytes out(images.image_size());
  CHECK_THROWS_WITH(write_evaluation_image(images, 2, View{}, 0, out.data()),
                    contains("image 2 of 2"));
  CHECK_THROWS_AS(write_view(images, 0, View{}, kMostViews, {}, 0, 0, out.data()), kernels::Error);
}
