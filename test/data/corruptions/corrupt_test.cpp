#include <algorithm>
#include <set>

#include "data/corruptions/corruptions.h"
#include "data/corruptions/elementary.h"
#include "kernels/base/check.h"
#include "kernels/base/thread_pool.h"
#include "test/data/some_images.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

using namespace data::corruptions;
using data::Images;
using data::ImageSize;
using test_support::contains;
using Bytes = std::vector<std::uint8_t>;

namespace {

Bytes corrupted(const Images& images, const Corruption& corruption, std::uint64_t seed = 0,
                std::uint32_t image = 0) {
  Bytes out(images.image_size());
  corrupt(images.image(0), {images.height, images.width}, corruption, seed, image,
          FrostTextures::procedural(), out.data());
  return out;
}

// Smooth, as photographs are, and coloured.
Images smooth_image(int height, int width) {
  Images images{1, height, width, 10, {}, {0}};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (const int value :
           {40 + 160 * x / width, 200 - 150 * y / height, (y / 8 + x / 8) % 2 * 90 + 60})
        images.pixels.push_back(static_cast<std::uint8_t>(value));
  return images;
}

const std::set<Kind> kDeterministic = {Kind::DefocusBlur,  Kind::ZoomBlur, Kind::Brightness,
                                       Kind::Contrast,     Kind::Pixelate, Kind::JpegCompression,
                                       Kind::GaussianBlur, Kind::Saturate};

std::vector<Corruption> all_corruptions() {
  std::vector<Corruption> all;
  for (int kind = 0; kind < kKinds; ++kind)
    for (const std::string& preset : preset_names())
      for (int severity = 1; severity <= kSeverities; ++severity)
        all.push_back({static_cast<Kind>(kind), severity, *find_preset(preset)});
  return all;
}

std::string title(const Corruption& corruption) {
  return kernels::text(name_of(corruption.preset), " ", name_of(corruption.kind), " ",
                       corruption.severity);
}

}  // namespace

TEST_CASE("corruptions and presets go by their published names") {
  CHECK(kind_names().size() == kKinds);
  CHECK(name_of(Kind::GaussianNoise) == "gaussian_noise");
  CHECK(name_of(Kind::JpegCompression) == "jpeg_compression");
  CHECK(name_of(Kind::SpeckleNoise) == "speckle_noise");
  CHECK(name_of(Kind::Saturate) == "saturate");
  for (int kind = 0; kind < kKinds; ++kind)
    CHECK(find_kind(name_of(static_cast<Kind>(kind))) == static_cast<Kind>(kind));
  CHECK(!find_kind("gaussian-noise"));
  CHECK(find_preset("inception") == Preset::Inception);
  CHECK(!find_preset("cifar10"));
  CHECK(side_of(Preset::Cifar) == 32);
  CHECK(side_of(Preset::Tiny) == 64);
  CHECK(side_of(Preset::ImageNet) == 224);
  CHECK(side_of(Preset::Inception) == 299);
}

TEST_CASE("every corruption works on images of every size, and severities differ") {
  for (const ImageSize size : {ImageSize{32, 32}, ImageSize{61, 40}}) {
    const Images image = smooth_image(size.height, size.width);
    Bytes before;
    for (const Corruption& corruption : all_corruptions()) {
      const Bytes out = corrupted(image, corruption);
      INFO(title(corruption) << ", " << size.height << " x " << size.width);
      CHECK((out != image.pixels));
      CHECK((corruption.severity == 1 || out != before));
      before = out;
    }
  }
}

TEST_CASE("only what is random depends on seed and image") {
  const Images image = smooth_image(32, 32);
  for (Corruption corruption : all_corruptions()) {
    if (corruption.preset != Preset::Cifar || corruption.severity != 3) continue;
    const Bytes out = corrupted(image, corruption, 1, 2);
    const bool is_random = !kDeterministic.contains(corruption.kind);
    INFO(title(corruption));
    CHECK((corrupted(image, corruption, 1, 2) == out));
    CHECK((corrupted(image, corruption, 2, 2) != out) == is_random);
    CHECK((corrupted(image, corruption, 1 + (1ull << 32), 2) != out) == is_random);
    CHECK((corrupted(image, corruption, 1, 3) != out) == is_random);
  }
}

TEST_CASE("threads, and what they did before, change nothing") {
  const Images small = smooth_image(32, 32), large = smooth_image(48, 64);
  const std::vector<Corruption> all = all_corruptions();
  std::vector<Bytes> alone, together(all.size());
  for (const Corruption& corruption : all) alone.push_back(corrupted(small, corruption, 7, 8));
  kernels::ThreadPool pool(3);
  pool.run(static_cast<int>(all.size()), [&](int i, int) {
    corrupted(large, all[all.size() - 1 - static_cast<std::size_t>(i)]);
    together[static_cast<std::size_t>(i)] =
        corrupted(small, all[static_cast<std::size_t>(i)], 7, 8);
  });
  for (std::size_t i = 0; i < all.size(); ++i) {
    INFO(title(all[i]));
    CHECK((alone[i] == together[i]));
  }
}

TEST_CASE("severities and sizes that cannot be are refused") {
  const Images image = smooth_image(32, 32), low = smooth_image(31, 40);
  CHECK_THROWS_WITH(corrupted(image, {Kind::Fog, 0}), contains("severity must be 1 to 5, got 0"));
  CHECK_THROWS_WITH(corrupted(image, {Kind::Fog, 6}), contains("got 6"));
  CHECK_THROWS_WITH(corrupted(low, {Kind::Fog, 1}), contains("32 to 8192 pixels, got 31 x 40"));
}

TEST_CASE("e^x, sin and cos are those of the library within two units of the last place") {
  double exp_error = 0, turn_error = 0;
  for (double x = -690; x < 700; x += .0173)
    exp_error = std::max(exp_error, std::abs(exponential(x) / std::exp(x) - 1));
  for (double degrees = -180; degrees <= 180; degrees += .01) {
    const Direction found = direction(degrees);
    turn_error = std::max({turn_error, std::abs(found.sin - std::sin(degrees * kPi / 180)),
                           std::abs(found.cos - std::cos(degrees * kPi / 180))});
  }
  CHECK(exp_error < 4.5e-16);
  CHECK(turn_error < 2e-15);
  CHECK(exponential(0) == 1);
  CHECK(direction(0).cos == 1);
  CHECK(direction(0).sin == 0);
}
