#include "data/views.h"

#include <algorithm>

#include "data/device_views.h"
#include "data/draw_view.h"
#include "kernels/base/check.h"
#include "test/cuda/every_order.h"
#include "test/data/some_images.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

using namespace data;
using namespace test;
using kernels::bfloat16;
using kernels::Cuda;
using test_support::contains;

namespace {

// A data set in the memory of the GPU, and of it the batch of images that `indices` names.
struct OnDevice {
  const Images& images;
  std::vector<int> indices;
  DeviceArray<std::uint8_t> pixels{images.pixels};
  DeviceArray<int> labels{images.labels}, device_indices{indices};

  OnDevice(const Images& of, const std::vector<int>& batch) : images(of), indices(batch) {}
  int batch() const { return static_cast<int>(indices.size()); }
};

// The views and labels of a batch as the GPU makes them, in the same bits for every order.
template <class T>
auto made_by_gpu(const OnDevice& on, const DeviceRecipe& recipe, int channels, DeviceSeed seed) {
  const DeviceViewSizes sizes{on.batch(), on.images.height, on.images.width, channels};
  const auto pixels = static_cast<std::size_t>(on.images.height) * on.images.width;
  return same_in_every_order([&](Cuda cuda) {
    const DeviceArray<DeviceSeed> device_seed(std::vector<DeviceSeed>{seed});
    const int count = recipe.augmentation.mix ? 1 : recipe.views;
    const DeviceArray<T> views(count * on.indices.size() * pixels * channels);
    const DeviceArray<int> batch_labels(on.indices.size());
    write_views<T>(cuda, sizes, recipe,
                   {on.pixels.data(), on.labels.data(), on.device_indices.data(),
                    device_seed.data(), views.data(), batch_labels.data()});
    return std::tuple(views.host(), batch_labels.host());
  });
}

template <class T>
auto made_by_cpu(const OnDevice& on, const std::vector<View>& views,
                 const Augmentation& augmentation, int channels, DeviceSeed seed) {
  std::vector<T> all, one(on.images.image_size());
  std::vector<int> labels;
  const int count = static_cast<int>(views.size());
  for (int place = 0; place < views_in_batch(count, augmentation); ++place) {
    for (const int image : on.indices) {
      const int epoch = static_cast<int>(seed.epoch);
      const int view = view_at(place, count, augmentation, seed.seed, seed.epoch, image);
      write_view(on.images, image, views[static_cast<std::size_t>(view)], view, augmentation,
                 kCifarNormalization, seed.seed, epoch, one.data());
      for (std::size_t at = 0; at < one.size(); at += 3) {
        for (std::size_t c = 0; c < 3; ++c) all.push_back(one[at + c]);
        for (int c = 3; c < channels; ++c) all.push_back(T(0.0f));
      }
    }
  }
  for (const int image : on.indices) labels.push_back(on.images.labels[image]);
  return std::tuple(all, labels);
}

template <class T>
void require_pixels_of_cpu(const OnDevice& on, const std::vector<View>& views,
                           const Augmentation& augmentation, int channels, DeviceSeed seed) {
  const DeviceRecipe recipe = device_recipe(views, augmentation, kCifarNormalization);
  INFO(on.images.height << " x " << on.images.width << ", " << channels << " channels, epoch "
                        << seed.epoch << ", seed " << seed.seed);
  const auto [got, got_labels] = made_by_gpu<T>(on, recipe, channels, seed);
  const auto [expected, labels] = made_by_cpu<T>(on, views, augmentation, channels, seed);
  REQUIRE(got_labels == labels);
  REQUIRE(got.size() == expected.size());
  const int count = views_in_batch(static_cast<int>(views.size()), augmentation);
  const std::size_t size_of_view = got.size() / static_cast<std::size_t>(count);
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (same_bits(std::vector<T>{got[i]}, std::vector<T>{expected[i]})) continue;
    FAIL("view " << i / size_of_view << " (" << name_of(views[i / size_of_view].corruption)
                 << "), element " << i % size_of_view << ": got " << float(got[i]) << ", expected "
                 << float(expected[i]));
  }
}

// Every corruption, gently and violently; no more than there may be views.
const std::vector<std::vector<View>> kSetsOfViews = {default_views(),
                                                     {{Corruption::GaussianBlur, .1f},
                                                      {Corruption::GaussianBlur, 2.3f},
                                                      {Corruption::GaussianNoise, 0},
                                                      {Corruption::GaussianNoise, 255},
                                                      {Corruption::ColorJitter, 0},
                                                      {Corruption::ColorJitter, 4},
                                                      {Corruption::Rotation, 180},
                                                      {Corruption::GaussianBlur, kMostBlurSigma}}};

const std::vector<DeviceSeed> kSeeds = {{7, 0}, {7, 1}, {(5ull << 32) + 7, 1}, {0, 0xfffffffe}};

}  // namespace

TEMPLATE_TEST_CASE("views made by the GPU are the CPU's, bit for bit", "[views]", float, bfloat16) {
  const auto [height, width] = GENERATE(std::pair(8, 8), std::pair(9, 7), std::pair(1, 1),
                                        std::pair(3, 40), std::pair(32, 32));
  const auto& views = kSetsOfViews[GENERATE(0u, 1u)];
  const Images images = random_images(5, height, width);
  const bool large = height == 32;
  const OnDevice on(images, large ? std::vector{3} : std::vector{4, 0, 3, 3});
  for (const bool crop_and_flip : {true, false})
    for (const bool wrap_noise : {true, false})
      for (const bool flip_rotation : {true, false}) {
        if (large && wrap_noise == flip_rotation) continue;
        const int padding = wrap_noise ? 4 : 1;
        const DeviceSeed seed = kSeeds[flip_rotation];
        require_pixels_of_cpu<TestType>(
            on, views, {crop_and_flip, padding, wrap_noise, flip_rotation}, 3, seed);
      }
}

TEMPLATE_TEST_CASE("views have more channels of zeros where asked", "[views]", float, bfloat16) {
  const auto [height, width] = GENERATE(std::pair(8, 8), std::pair(9, 7), std::pair(1, 1));
  const int channels = GENERATE(4, 8);
  const Images images = random_images(3, height, width);
  require_pixels_of_cpu<TestType>({images, {2, 0}}, default_views(), {}, channels, kSeeds[0]);
}

TEST_CASE("one view alone is made without the memory of a blur", "[views]") {
  const Images images = random_images(2, 9, 7);
  const View view = default_views()[GENERATE(0u, 2u, 3u, 4u)];
  require_pixels_of_cpu<float>({images, {1, 0}}, {view}, {}, 3, kSeeds[1]);
}

TEST_CASE("mixed views are one of each image", "[views]") {
  const Images images = random_images(7, 8, 8);
  const DeviceSeed seed = kSeeds[GENERATE(0u, 1u, 2u)];
  require_pixels_of_cpu<float>({images, {0, 1, 2, 3, 4, 5, 6}}, default_views(), {.mix = true}, 3,
                               seed);
}

TEST_CASE("views are made of images as large as Tiny ImageNet's", "[views]") {
  const Images images = random_images(2, 64, 64);
  require_pixels_of_cpu<bfloat16>({images, {1}}, default_views(), {}, 3, kSeeds[2]);
}

TEST_CASE("views follow the seed and epoch in the GPU's memory", "[views]") {
  const Images images = random_images(4, 8, 8);
  const OnDevice on(images, {1, 3});
  for (const DeviceSeed seed : kSeeds)
    require_pixels_of_cpu<float>(on, default_views(), {}, 3, seed);
}

TEST_CASE("views do not depend on the images beside them", "[views]") {
  const Images images = random_images(6, 8, 8);
  const DeviceRecipe recipe = device_recipe(default_views(), {}, kCifarNormalization);
  const std::vector<int> order = {5, 2, 0, 4}, permuted = {4, 5, 0, 2};
  const auto [views, labels] = made_by_gpu<float>({images, order}, recipe, 3, kSeeds[0]);
  const auto [moved, moved_labels] = made_by_gpu<float>({images, permuted}, recipe, 3, kSeeds[0]);
  const auto size = static_cast<long>(images.image_size());
  for (int view = 0; view < recipe.views; ++view) {
    for (int i = 0; i < 4; ++i) {
      const long j = std::find(permuted.begin(), permuted.end(), order[i]) - permuted.begin();
      REQUIRE(labels[i] == moved_labels[j]);
      REQUIRE(std::equal(&views[(view * 4 + i) * size], &views[(view * 4 + i) * size] + size,
                         &moved[(view * 4 + j) * size]));
    }
  }
}

TEST_CASE("views that the GPU cannot make are refused", "[views]") {
  const DeviceRecipe recipe = device_recipe(default_views(), {}, kCifarNormalization);
  const DeviceViews<float> nothing{};
  CHECK_THROWS_WITH(write_views(cuda(), {1, 200, 200, 3}, recipe, nothing),
                    contains("200 x 200") && contains("360048"));
  CHECK_THROWS_WITH(write_views(cuda(), {1, 1, 8193, 3}, recipe, nothing), contains("1 x 8193"));
  CHECK_THROWS_WITH(write_views(cuda(), {1, 0, 8, 3}, recipe, nothing), contains("0 x 8"));
  CHECK_THROWS_WITH(write_views(cuda(), {1, 8, 8, 5}, recipe, nothing), contains("got 5"));
  CHECK_THROWS_AS(device_recipe({}, {}, kCifarNormalization), kernels::UsageError);
  CHECK_THROWS_AS(device_recipe(std::vector<View>(9), {}, kCifarNormalization),
                  kernels::UsageError);
  CHECK_THROWS_AS(device_recipe({{Corruption::GaussianBlur, 0}}, {}, kCifarNormalization),
                  kernels::UsageError);
  CHECK_THROWS_AS(device_recipe({{}}, {.padding = -1}, kCifarNormalization), kernels::UsageError);
}
