#include "data/corruptions/frost_textures.h"

#include <cmath>
#include <filesystem>
#include <utility>

#include "data/corruptions/arrays.h"
#include "data/corruptions/ice.h"
#include "kernels/base/check.h"

namespace data::corruptions {
namespace {

// As OpenCV's resize with INTER_LINEAR: between the two nearest pixel centres, so that a picture
// that shrinks is sampled, not averaged.
Image scaled(const Image& picture, double scale) {
  struct Axis {
    std::vector<int> low, high;
    std::vector<double> high_weight;
    Axis(int source, double by) {
      const int target = static_cast<int>(std::nearbyint(source * by));
      for (int i = 0; i < target; ++i) {
        const double position = static_cast<float>((i + .5) * (1 / by) - .5);
        const double whole = std::floor(position);
        low.push_back(std::clamp(static_cast<int>(whole), 0, source - 1));
        high.push_back(std::clamp(static_cast<int>(whole) + 1, 0, source - 1));
        high_weight.push_back(position - whole);
      }
    }
  };
  const Axis rows(picture.height, scale), columns(picture.width, scale);
  Image result{static_cast<int>(rows.low.size()), static_cast<int>(columns.low.size()), {}};
  const auto value = [&](int y, int x, int c) {
    return picture.pixels[(std::size_t(y) * picture.width + x) * 3 + c];
  };
  for (std::size_t y = 0; y < rows.low.size(); ++y)
    for (std::size_t x = 0; x < columns.low.size(); ++x)
      for (int c = 0; c < 3; ++c) {
        const double right = columns.high_weight[x], lower = rows.high_weight[y];
        const auto mixed = [&](int row) {
          return value(row, columns.low[x], c) * (1 - right) +
                 value(row, columns.high[x], c) * right;
        };
        result.pixels.push_back(static_cast<std::uint8_t>(mixed(rows.low[y]) * (1 - lower) +
                                                          mixed(rows.high[y]) * lower + .5));
      }
  return result;
}

}  // namespace

FrostTextures::FrostTextures(std::string source, std::vector<Image> pictures)
    : source_(std::move(source)) {
  for (Image& picture : pictures)
    textures_.push_back({scaled(picture, .2), scaled(picture, .3), std::move(picture)});
}

FrostTextures FrostTextures::read(const std::string& folder) {
  std::vector<Image> pictures;
  for (int i = 1; i <= kFrostTextures; ++i) {
    const auto path =
        std::filesystem::path(folder) / kernels::text("frost", i, i <= 3 ? ".png" : ".jpg");
    Image picture = read_image(path.string());
    CHECK(picture.height >= 16 && picture.width >= 16, path.string(),
          ": a texture of frost needs sides of at least 16 pixels, got ", picture.height, " x ",
          picture.width);
    pictures.push_back(std::move(picture));
  }
  return {folder, std::move(pictures)};
}

const FrostTextures& FrostTextures::procedural() {
  static const FrostTextures kTextures = [] {
    std::vector<Image> pictures;
    for (int i = 0; i < kFrostTextures; ++i) pictures.push_back(draw_ice(i));
    return FrostTextures("procedural", std::move(pictures));
  }();
  return kTextures;
}

const Image& FrostTextures::texture(Preset preset, int index) const {
  const int size = preset == Preset::Cifar ? 0 : preset == Preset::Tiny ? 1 : 2;
  return textures_.at(static_cast<std::size_t>(index))[static_cast<std::size_t>(size)];
}

}  // namespace data::corruptions
