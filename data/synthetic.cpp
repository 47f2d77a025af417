#include "data/synthetic.h"

#include <algorithm>

#include "data/view_pixels.h"
#include "kernels/base/check.h"
#include "kernels/base/philox.h"
#include "kernels/base/thread_pool.h"

namespace data {
namespace {

using kernels::Random;

constexpr int kSide = 32;
constexpr int kTextures = 5;
constexpr const char* kTextureNames[kTextures] = {"striped", "barred", "checked", "dotted",
                                                  "ringed"};
constexpr const char* kShapeNames[] = {"disc", "square"};
constexpr int kShapes = 2;
constexpr int kClasses = kTextures * kShapes;

enum Texture { kStriped, kBarred, kChecked, kDotted, kRinged };
enum Shape { kDisc, kSquare };

struct Color {
  float channels[3];
};

// A textured shape: `turn` in units of 2^-32 turn.
struct Patch {
  int shape, texture;
  float center_y, center_x, radius;
  std::uint32_t turn;
  float period, phase_y, phase_x;  // pixels; turns
  Color color, contrast;
};

float cosine(float turns) {
  return sin_cos(static_cast<std::uint32_t>(static_cast<std::int64_t>(turns * 0x1p32f))).cos;
}

float clamp_to_unit(float value) { return std::clamp(value, 0.0f, 1.0f); }

// In [-1, 1]; (y, x) in pixels from the patch's centre, in its own directions.
float texture_at(const Patch& patch, float y, float x) {
  const float rows = y / patch.period + patch.phase_y, columns = x / patch.period + patch.phase_x;
  switch (patch.texture) {
    case kStriped:
      return cosine(rows);
    case kBarred:
      return cosine(columns);
    case kChecked:
      return cosine(rows) * cosine(columns);
    case kDotted: {  // narrow peaks: both cosines high
      const float peak = .25f * (1 + cosine(rows)) * (1 + cosine(columns));
      return 2 * peak - 1;
    }
    default:
      return cosine(square_root(y * y + x * x) / patch.period + patch.phase_y);
  }
}

// The share of the pixel that is inside the shape, 0 to 1.
float coverage(const Patch& patch, float y, float x) {
  if (patch.shape == kDisc) return clamp_to_unit(patch.radius - square_root(y * y + x * x) + .5f);
  // A square of the same area, so that size does not tell the shapes apart.
  const float side = .886f * patch.radius;
  const float beyond = std::max(y < 0 ? -y : y, x < 0 ? -x : x) - side;
  return clamp_to_unit(.5f - beyond);
}

void draw(const Patch& patch, float (&canvas)[kSide][kSide][3]) {
  const SinCos turn = sin_cos(patch.turn);
  for (int row = 0; row < kSide; ++row) {
    for (int column = 0; column < kSide; ++column) {
      const float v = static_cast<float>(row) - patch.center_y;
      const float u = static_cast<float>(column) - patch.center_x;
      const float y = turn.cos * v - turn.sin * u, x = turn.sin * v + turn.cos * u;
      const float share = coverage(patch, y, x);
      if (share == 0) continue;
      const float texture = texture_at(patch, y, x);
      for (int c = 0; c < 3; ++c) {
        float& value = canvas[row][column][c];
        const float inside = patch.color.channels[c] + texture * patch.contrast.channels[c];
        value += share * (inside - value);
      }
    }
  }
}

Color random_color(Random& random, float low, float high) {
  Color color;
  for (float& channel : color.channels) channel = random.uniform(low, high);
  return color;
}

Patch random_patch(Random& random, int shape, int texture, float least_radius, float most_radius) {
  Patch patch;
  patch.shape = shape;
  patch.texture = texture;
  patch.radius = random.uniform(least_radius, most_radius);
  patch.center_y = patch.center_x = 0;
  const float tenth_of_turn = 0x1p32f / 10;
  patch.turn = static_cast<std::uint32_t>(
      static_cast<std::int64_t>(random.uniform(-.25f, .25f) * tenth_of_turn));
  patch.period = kTexturePeriod * random.uniform(.9f, 1.1f);
  patch.phase_y = random.uniform();
  patch.phase_x = random.uniform();
  patch.color = random_color(random, 70, 185);
  const float amplitude = kTextureContrast * random.uniform(.7f, 1.3f);
  for (float& channel : patch.contrast.channels) channel = amplitude * random.uniform(.6f, 1.4f);
  return patch;
}

void draw_image(std::uint64_t seed, int split, int index, std::uint8_t* out) {
  Random random(seed, kernels::RandomUse::Synthetic, static_cast<std::uint32_t>(split),
                static_cast<std::uint32_t>(index));
  float canvas[kSide][kSide][3];
  const Color corner = random_color(random, 60, 195), down = random_color(random, -40, 40),
              right = random_color(random, -40, 40);
  for (int row = 0; row < kSide; ++row)
    for (int column = 0; column < kSide; ++column)
      for (int c = 0; c < 3; ++c)
        canvas[row][column][c] =
            corner.channels[c] + (down.channels[c] * static_cast<float>(row) +
                                  right.channels[c] * static_cast<float>(column)) /
                                     kSide;

  for (int i = 0; i < kClutter; ++i) {
    const int shape = static_cast<int>(random.below(kShapes));
    const int texture = static_cast<int>(random.below(kTextures));
    Patch patch = random_patch(random, shape, texture, 3, 5);
    patch.center_y = random.uniform(0, kSide);
    patch.center_x = random.uniform(0, kSide);
    draw(patch, canvas);
  }
  const int label = index % kClasses;
  Patch object =
      random_patch(random, label / kTextures, label % kTextures, kLeastRadius, kMostRadius);
  object.center_y = random.uniform(11, kSide - 12);
  object.center_x = random.uniform(11, kSide - 12);
  if (random.uniform() < kWorn) object.contrast = {};
  draw(object, canvas);

  for (int row = 0; row < kSide; ++row)
    for (int column = 0; column < kSide; ++column)
      for (int c = 0; c < 3; ++c) *out++ = clipped_byte(canvas[row][column][c]);
}

Images draw_images(std::uint64_t seed, int split, int count, kernels::ThreadPool& pool) {
  Images images{count, kSide, kSide, kClasses, {}, {}};
  images.pixels.resize(count * images.image_size());
  images.labels.resize(count);
  pool.run(count, [&](int index, int) {
    images.labels[index] = index % kClasses;
    draw_image(seed, split, index, images.pixels.data() + index * images.image_size());
  });
  return images;
}

}  // namespace

Dataset make_synthetic(std::uint64_t seed, int threads) {
  kernels::ThreadPool pool(threads);
  Dataset dataset{"synthetic", {}, kCifarNormalization, {}, {}};
  for (const char* shape : kShapeNames)
    for (const char* texture : kTextureNames)
      dataset.class_names.push_back(std::string(texture) + " " + shape);
  dataset.train = draw_images(seed, 0, kSyntheticTrain, pool);
  dataset.test = draw_images(seed, 1, kSyntheticTest, pool);
  return dataset;
}

}  // namespace data
