#include "data/corruptions/color.h"
#include "data/corruptions/corruptions.h"
#include "data/corruptions/defocus_blur.h"
#include "data/corruptions/draws.h"
#include "data/corruptions/elastic_transform.h"
#include "data/corruptions/fog.h"
#include "data/corruptions/frost.h"
#include "data/corruptions/gaussian_filter.h"
#include "data/corruptions/glass_blur.h"
#include "data/corruptions/jpeg_compression.h"
#include "data/corruptions/motion_blur.h"
#include "data/corruptions/noise.h"
#include "data/corruptions/parameters.h"
#include "data/corruptions/pillow_resize.h"
#include "data/corruptions/snow.h"
#include "data/corruptions/spatter.h"
#include "data/corruptions/workspace.h"
#include "data/corruptions/zoom.h"
#include "kernels/base/check.h"

namespace data::corruptions {
namespace {

void check(ImageSize size, const Corruption& corruption) {
  CHECK(size.height >= kLeastSide && size.height <= kMostSide && size.width >= kLeastSide &&
            size.width <= kMostSide,
        "corruption: images must have sides of ", kLeastSide, " to ", kMostSide, " pixels, got ",
        size.height, " x ", size.width);
  CHECK(corruption.severity >= 1 && corruption.severity <= kSeverities,
        "corruption: severity must be 1 to ", kSeverities, ", got ", corruption.severity);
}

// One image, and what its corruption draws.
class Corrupter {
 public:
  Corrupter(const std::uint8_t* in, ImageSize size, const Corruption& corruption, Draws& draws,
            Workspace& workspace, std::uint8_t* out)
      : in_(in),
        size_(size),
        corruption_(corruption),
        draws_(draws),
        workspace_(workspace),
        out_(out) {}

  void apply(const FrostTextures& textures) {
    switch (corruption_.kind) {
      case Kind::GaussianNoise:
        return gaussian_noise(in_, size_.values(), of(kGaussianNoise), normals(size_.values()),
                              out_);
      case Kind::ShotNoise:
        return ShotNoise::of(of(kShotNoise)).apply(in_, size_.values(), words(), out_);
      case Kind::ImpulseNoise:
        return impulse_noise(in_, size_.values(), of(kImpulseNoise), words(), out_);
      case Kind::DefocusBlur:
        return defocus_blur(in_, size_, of(kDefocusBlur), out_, workspace_);
      case Kind::GlassBlur:
        return glass_blur(in_, size_, of(kGlassBlur), offsets(of(kGlassBlur)), out_, workspace_);
      case Kind::MotionBlur:
        return motion_blur(in_, size_, of(kMotionBlur), draws_.uniform(-45, 45), out_, workspace_);
      case Kind::ZoomBlur:
        return zoom_blur(in_, size_, of(kZoomBlur), out_, workspace_);
      case Kind::Snow: {
        const double* const flakes = normals(size_.pixels());
        return snow(in_, size_, of(kSnow), flakes, draws_.uniform(-135, -45), out_, workspace_);
      }
      case Kind::Frost:
        return draw_frost(textures);
      case Kind::Fog:
        return fog(in_, size_, of(kFog), uniforms(plasma_draws(plasma_side(size_))), out_,
                   workspace_);
      case Kind::Brightness:
        return brightness(in_, size_, of(kBrightness), out_);
      case Kind::Contrast:
        return contrast(in_, size_, of(kContrast), out_);
      case Kind::ElasticTransform:
        return draw_elastic(of(kElasticTransform));
      case Kind::Pixelate:
        return pixelate(in_, size_, of(kPixelate), out_, workspace_);
      case Kind::JpegCompression:
        return jpeg_compression(in_, size_, of(kJpegCompression), out_, workspace_);
      case Kind::SpeckleNoise:
        return speckle_noise(in_, size_.values(), of(kSpeckleNoise), normals(size_.values()), out_);
      case Kind::GaussianBlur:
        return gaussian_blur(in_, size_, of(kGaussianBlur), out_, workspace_);
      case Kind::Spatter:
        return spatter(in_, size_, of(kSpatter), normals(size_.pixels()), out_, workspace_);
      case Kind::Saturate:
        return saturate(in_, size_, of(kSaturate), out_);
    }
    throw kernels::Error(kernels::text("corruption: unknown kind ", int(corruption_.kind)));
  }

 private:
  template <class T>
  const T& of(const ByPresetAndSeverity<T>& table) const {
    return table[static_cast<int>(corruption_.preset)][corruption_.severity - 1];
  }

  const double* normals(long count) {
    double* const numbers = workspace_.array<double>(count);
    draws_.normals(numbers, count);
    return numbers;
  }
  double* uniforms(long count) {
    double* const numbers = workspace_.array<double>(count);
    draws_.uniforms(numbers, count, -1, 1);
    return numbers;
  }
  const std::uint32_t* words() {
    std::uint32_t* const numbers = workspace_.array<std::uint32_t>(size_.values());
    draws_.words(numbers, size_.values());
    return numbers;
  }

  const Offset* offsets(const GlassParameters& glass) {
    const long count = moved_pixels(size_, glass.reach) * glass.passes;
    std::uint32_t* const numbers = workspace_.array<std::uint32_t>(count);
    draws_.words(numbers, count);
    Offset* const result = workspace_.array<Offset>(count);
    const auto offset = [&](std::uint32_t half) {  // of a word: 16 bits are plenty
      return static_cast<std::int8_t>(static_cast<int>((half * 2 * glass.reach) >> 16) -
                                      glass.reach);
    };
    for (long i = 0; i < count; ++i)
      result[i] = {offset(numbers[i] >> 16), offset(numbers[i] & 0xffff)};
    return result;
  }

  void draw_frost(const FrostTextures& textures) {
    const Image& texture = textures.texture(corruption_.preset, draws_.below(kFrostTextures));
    const FrostRange range = frost_range(texture, size_);
    const int top = draws_.below(range.rows), left = draws_.below(range.columns);
    frost(in_, size_, of(kFrost), texture, {range.enlarged, top, left}, out_);
  }

  void draw_elastic(const ElasticParameters& elastic) {
    double corners[3][2];
    draws_.uniforms(&corners[0][0], 6, -elastic.corner, elastic.corner);
    double *const dx = uniforms(size_.pixels()), *const dy = uniforms(size_.pixels());
    elastic_transform(in_, size_, elastic, corners, dx, dy, out_, workspace_);
  }

  const std::uint8_t* const in_;
  const ImageSize size_;
  const Corruption& corruption_;
  Draws& draws_;
  Workspace& workspace_;
  std::uint8_t* const out_;
};

}  // namespace

void corrupt(const std::uint8_t* in, ImageSize size, const Corruption& corruption,
             std::uint64_t seed, std::uint32_t image, const FrostTextures& frost,
             std::uint8_t* out) {
  check(size, corruption);
  thread_local Workspace workspace;
  workspace.clear();
  const auto stream = static_cast<std::uint32_t>(corruption.kind) * 8 +
                      static_cast<std::uint32_t>(corruption.severity);
  Draws draws(seed, image, stream);
  Corrupter(in, size, corruption, draws, workspace, out).apply(frost);
}

}  // namespace data::corruptions
