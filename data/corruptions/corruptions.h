// The 19 corruptions of CIFAR-C and ImageNet-C, each in five severities.
// Hendrycks, Dietterich: Benchmarking Neural Network Robustness to Common Corruptions and
// Perturbations (2019); https://github.com/hendrycks/robustness.
//
// As published, oddities included, since results are compared with published ones. Seven are the
// published arrays bit for bit; docs/corruptions.md says what is known of the others. Everything is
// + - x /, rounded as IEEE 754 says (never compiled with fast-math or contraction
// into fused multiply-adds), and JPEG: the same bytes on any machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/corrupt.h"
#include "data/corruptions/frost_textures.h"
#include "data/corruptions/preset.h"

namespace data::corruptions {

// In the published order: the benchmark's 15, then its four extra ones.
enum class Kind {
  GaussianNoise,
  ShotNoise,
  ImpulseNoise,
  DefocusBlur,
  GlassBlur,
  MotionBlur,
  ZoomBlur,
  Snow,
  Frost,
  Fog,
  Brightness,
  Contrast,
  ElasticTransform,
  Pixelate,
  JpegCompression,
  SpeckleNoise,
  GaussianBlur,
  Spatter,
  Saturate
};
inline constexpr int kKinds = 19, kSeverities = 5;

// "gaussian_noise", ..., as the published files are called.
const std::string& name_of(Kind kind);
const std::vector<std::string>& kind_names();
std::optional<Kind> find_kind(const std::string& name);

struct Corruption {
  Kind kind;
  int severity;  // 1 to kSeverities
  Preset preset = Preset::Cifar;
};

inline constexpr int kLeastSide = 32;  // of an image; the most is kMostSide

// One image of bytes, [height, width, 3] RGB, to the same in other memory. A pure function of its
// arguments: what is random is drawn by (seed, image, kind, severity). Any number of threads may
// call it; a thread allocates only until it has seen the largest image. `frost`: what Kind::Frost
// blends in. A severity or size that cannot be is an Error.
void corrupt(const std::uint8_t* in, ImageSize size, const Corruption& corruption,
             std::uint64_t seed, std::uint32_t image, const FrostTextures& frost,
             std::uint8_t* out);

}  // namespace data::corruptions
