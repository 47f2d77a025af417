#include "test/support/small_dataset.h"

#include "kernels/base/philox.h"

namespace test {
namespace {

constexpr int kClasses = 10;

data::Images draw(int count, int size, std::uint32_t split) {
  data::Images images{count, size, size, kClasses, {}, {}};
  images.pixels.reserve(static_cast<std::size_t>(count) * images.image_size());
  for (int i = 0; i < count; ++i) {
    const int label = i % kClasses;
    images.labels.push_back(label);
    kernels::Random random(7, kernels::RandomUse::Test, split, static_cast<std::uint32_t>(i));
    const int phase = static_cast<int>(random.below(4));
    for (int y = 0; y < size; ++y) {
      for (int x = 0; x < size; ++x) {
        const int along = label < 5 ? y : x;
        const int brightness = (along + phase) % 4 < 2 ? 40 : 130;
        for (int c = 0; c < 3; ++c) {
          const int color = 16 * ((label % 5 + c) % 5);
          const int noise = static_cast<int>(random.below(40));
          images.pixels.push_back(static_cast<std::uint8_t>(brightness + color + noise));
        }
      }
    }
  }
  return images;
}

}  // namespace

data::Dataset small_dataset(const SmallDataset& settings) {
  data::Dataset dataset{"synthetic", {}, data::kCifarNormalization, {}, {}};
  for (int c = 0; c < kClasses; ++c) dataset.class_names.push_back("class " + std::to_string(c));
  dataset.train = draw(settings.train, settings.size, 0);
  dataset.test = draw(settings.test, settings.size, 1);
  return dataset;
}

}  // namespace test
