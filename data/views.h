// Views: the forms in which every training image enters a step (section "Views" of the method).
//
// View 0 is clean, the others are corrupted copies; each has its own random crop and flip. A view
// image is a pure function of (image, view, seed, epoch, image index, view index): the same for
// any number of threads, after a resume, and on a GPU (the arithmetic is in view_pixels.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "kernels/base/bfloat16.h"

namespace data {

enum class Corruption { None, GaussianBlur, GaussianNoise, ColorJitter, Rotation };

// "none", "gaussian_blur", "gaussian_noise", "contrast", "rotation".
const char* name_of(Corruption corruption);
// The reverse; any other text is a UsageError that names the valid ones.
Corruption parse_corruption(const std::string& name);

struct View {
  Corruption corruption = Corruption::None;
  // GaussianBlur: sigma in pixels, GaussianNoise: sigma on values 0..255, ColorJitter: the three
  // factors are uniform in [max(0, 1 - strength), 1 + strength], Rotation: uniform in +-strength
  // degrees. None: unused.
  float strength = 0;

  bool operator==(const View&) const = default;
};

// Clean, and the four training corruptions at the strengths of the paper's authors.
std::vector<View> default_views();

// Refuses strengths that make no sense, by name, as a UsageError.
void check_view(const View& view);

// How views are varied. wrap_noise and flip_rotation repeat accidents of the authors' released
// code.
struct Augmentation {
  bool crop_and_flip = true;  // random crop from the padded image, flip left-right half the time
  int padding = 4;            // black pixels added on every side before the crop
  bool wrap_noise = false;    // noise is truncated towards zero and wraps around modulo 256
  bool flip_rotation = true;  // false: rotation views are never flipped
  bool mix = false;           // a batch holds one view of each image, drawn anew in every epoch
};

// How many of so many views of each image a batch holds.
inline int views_in_batch(int views, const Augmentation& augmentation) {
  return augmentation.mix ? 1 : views;
}

inline constexpr int kMostViews = 8;  // one image's views have random streams of their own
inline constexpr int kMostPadding = 4096;

// One view of images.image(image), view_index in [0, kMostViews): [height, width, 3] bytes. The
// corruption comes first, then crop and flip; a rotation comes between crop and flip.
void write_view(const Images& images, int image, const View& view, int view_index,
                const Augmentation& augmentation, std::uint64_t seed, int epoch, std::uint8_t* out);
// The same, normalised: each number is the byte's, as (pixel / 255 - mean) / std.
void write_view(const Images& images, int image, const View& view, int view_index,
                const Augmentation& augmentation, const Normalization& normalization,
                std::uint64_t seed, int epoch, float* out);
void write_view(const Images& images, int image, const View& view, int view_index,
                const Augmentation& augmentation, const Normalization& normalization,
                std::uint64_t seed, int epoch, kernels::bfloat16* out);

// For evaluation: the corruption alone, without crop and flip, with random numbers that training
// never uses. A function of (image, view, seed, image index).
void write_evaluation_image(const Images& images, int image, const View& view, std::uint64_t seed,
                            std::uint8_t* out);
void write_evaluation_image(const Images& images, int image, const View& view,
                            const Normalization& normalization, std::uint64_t seed, float* out);
void write_evaluation_image(const Images& images, int image, const View& view,
                            const Normalization& normalization, std::uint64_t seed,
                            kernels::bfloat16* out);

// Bytes to network input: out = (pixel / 255 - mean) / std, both [size / 3, 3].
void normalize(const std::uint8_t* pixels, long size, const Normalization& normalization,
               float* out);
void normalize(const std::uint8_t* pixels, long size, const Normalization& normalization,
               kernels::bfloat16* out);

}  // namespace data
