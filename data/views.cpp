#include "data/views.h"

#include <algorithm>
#include <iterator>

#include "data/corrupt.h"
#include "data/draw_view.h"
#include "data/view_pixels.h"
#include "kernels/base/check.h"

namespace data {

using kernels::bfloat16;

namespace {

constexpr const char* kNames[] = {"none", "gaussian_blur", "gaussian_noise", "contrast",
                                  "rotation"};

// The bytes of one view image while it is made; kept by each thread.
struct Scratch {
  std::vector<std::uint8_t> corrupted, placed;
};
Scratch& scratch(std::size_t size) {
  thread_local Scratch memory;
  if (memory.corrupted.size() < size) {
    memory.corrupted.resize(size);
    memory.placed.resize(size);
  }
  return memory;
}

ImageSize size_of(const Images& images, int image) {
  CHECK(images.height >= 1 && images.height <= kMostSide && images.width >= 1 &&
            images.width <= kMostSide,
        "view: images must have sides of 1 to ", kMostSide, " pixels, got ", images.height, " x ",
        images.width);
  CHECK(image >= 0 && image < images.count, "view: image ", image, " of ", images.count);
  return {images.height, images.width};
}

// Applies what comes before the crop; returns where the result is, `in` itself if nothing does.
const std::uint8_t* corrupt(const std::uint8_t* in, ImageSize size, const View& view, bool wrap,
                            NoiseStream stream, std::uint8_t* out) {
  switch (view.corruption) {
    case Corruption::None:
    case Corruption::Rotation:
      return in;
    case Corruption::GaussianBlur:
      gaussian_blur(in, size, view.strength, out);
      return out;
    case Corruption::GaussianNoise:
      gaussian_noise(in, size, view.strength, wrap, stream, out);
      return out;
    case Corruption::ColorJitter:
      color_jitter(in, size, draw_jitter(view, stream), out);
      return out;
  }
  throw kernels::Error(kernels::text("view: unknown corruption ", int(view.corruption)));
}

// Sixteen pixels' worth of factors, so that the loops below run over whole vector registers.
struct Factors {
  float scale[48], shift[48];

  explicit Factors(const Normalization& normalization) {
    const NormalizationFactors factors = factors_of(normalization);
    for (int i = 0; i < 48; ++i) {
      scale[i] = factors.scale[i % 3];
      shift[i] = factors.shift[i % 3];
    }
  }
};

template <class T>
void normalize_bytes(const std::uint8_t* pixels, long size, const Normalization& normalization,
                     T* out) {
  const Factors factors(normalization);
  long i = 0;
  for (; i + 48 <= size; i += 48)
    for (int j = 0; j < 48; ++j)
      out[i + j] = T(normalized(pixels[i + j], factors.scale[j], factors.shift[j]));
  for (int j = 0; i < size; ++i, ++j)
    out[i] = T(normalized(pixels[i], factors.scale[j], factors.shift[j]));
}

template <class T>
void write_normalized_view(const Images& images, int image, const View& view, int view_index,
                           const Augmentation& augmentation, const Normalization& normalization,
                           std::uint64_t seed, int epoch, T* out) {
  std::uint8_t* pixels = scratch(images.image_size()).placed.data();
  write_view(images, image, view, view_index, augmentation, seed, epoch, pixels);
  normalize(pixels, static_cast<long>(images.image_size()), normalization, out);
}

template <class T>
void write_normalized_evaluation(const Images& images, int image, const View& view,
                                 const Normalization& normalization, std::uint64_t seed, T* out) {
  std::uint8_t* pixels = scratch(images.image_size()).placed.data();
  write_evaluation_image(images, image, view, seed, pixels);
  normalize(pixels, static_cast<long>(images.image_size()), normalization, out);
}

}  // namespace

const char* name_of(Corruption corruption) {
  const auto index = static_cast<std::size_t>(corruption);
  CHECK(index < std::size(kNames), "view: unknown corruption ", index);
  return kNames[index];
}

Corruption parse_corruption(const std::string& name) {
  std::string valid;
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (name == kNames[i]) return static_cast<Corruption>(i);
    valid += (i ? ", " : "") + std::string(kNames[i]);
  }
  throw kernels::UsageError("corruption: expected one of " + valid + ", got '" + name + "'");
}

std::vector<View> default_views() {
  return {{Corruption::None, 0},
          {Corruption::GaussianBlur, 1},
          {Corruption::GaussianNoise, 20},
          {Corruption::ColorJitter, .5f},
          {Corruption::Rotation, 30}};
}

void check_view(const View& view) {
  const auto require = [&](float least, bool least_is_valid, float most, const char* unit) {
    const bool fits = (view.strength > least || (least_is_valid && view.strength == least)) &&
                      view.strength <= most;  // false for NaN
    if (!fits)
      throw kernels::UsageError(kernels::text(name_of(view.corruption), ": strength must be ",
                                              least_is_valid ? "from " : "above ", least, " up to ",
                                              most, " ", unit, ", got ", view.strength));
  };
  switch (view.corruption) {
    case Corruption::None:
      return;
    case Corruption::GaussianBlur:
      return require(0, false, kMostBlurSigma, "pixels (sigma)");
    case Corruption::GaussianNoise:
      return require(0, true, 255, "(sigma, of values 0 to 255)");
    case Corruption::ColorJitter:
      return require(0, true, 10, "(factors are within 1 +- strength)");
    case Corruption::Rotation:
      return require(0, true, 180, "degrees");
  }
  name_of(view.corruption);  // throws
}

NormalizationFactors factors_of(const Normalization& normalization) {
  NormalizationFactors factors;
  for (int c = 0; c < 3; ++c) {
    factors.scale[c] = 1 / (255 * normalization.std[c]);
    factors.shift[c] = -normalization.mean[c] / normalization.std[c];
  }
  return factors;
}

void write_view(const Images& images, int image, const View& view, int view_index,
                const Augmentation& augmentation, std::uint64_t seed, int epoch,
                std::uint8_t* out) {
  const ImageSize size = size_of(images, image);
  CHECK(view_index >= 0 && view_index < kMostViews, "view: index ", view_index, " of at most ",
        kMostViews);
  const NoiseStream stream{seed, static_cast<std::uint32_t>(epoch), view_stream(image, view_index)};
  const std::uint8_t* corrupted = corrupt(images.image(image), size, view, augmentation.wrap_noise,
                                          stream, scratch(images.image_size()).corrupted.data());
  place(corrupted, size, draw_placement(view, augmentation, stream), out);
}

void write_view(const Images& images, int image, const View& view, int view_index,
                const Augmentation& augmentation, const Normalization& normalization,
                std::uint64_t seed, int epoch, float* out) {
  write_normalized_view(images, image, view, view_index, augmentation, normalization, seed, epoch,
                        out);
}

void write_view(const Images& images, int image, const View& view, int view_index,
                const Augmentation& augmentation, const Normalization& normalization,
                std::uint64_t seed, int epoch, bfloat16* out) {
  write_normalized_view(images, image, view, view_index, augmentation, normalization, seed, epoch,
                        out);
}

void write_evaluation_image(const Images& images, int image, const View& view, std::uint64_t seed,
                            std::uint8_t* out) {
  const ImageSize size = size_of(images, image);
  const NoiseStream stream{seed, kEvaluationEpoch,
                           view_stream(image, static_cast<int>(view.corruption))};
  const std::uint8_t* corrupted = corrupt(images.image(image), size, view, false, stream,
                                          scratch(images.image_size()).corrupted.data());
  place(corrupted, size, draw_placement(view, {.crop_and_flip = false}, stream), out);
}

void write_evaluation_image(const Images& images, int image, const View& view,
                            const Normalization& normalization, std::uint64_t seed, float* out) {
  write_normalized_evaluation(images, image, view, normalization, seed, out);
}

void write_evaluation_image(const Images& images, int image, const View& view,
                            const Normalization& normalization, std::uint64_t seed, bfloat16* out) {
  write_normalized_evaluation(images, image, view, normalization, seed, out);
}

void normalize(const std::uint8_t* pixels, long size, const Normalization& normalization,
               float* out) {
  normalize_bytes(pixels, size, normalization, out);
}

void normalize(const std::uint8_t* pixels, long size, const Normalization& normalization,
               bfloat16* out) {
  normalize_bytes(pixels, size, normalization, out);
}

}  // namespace data
