// The pictures of ice that frost blends in.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "data/corruptions/preset.h"
#include "data/image_file.h"

namespace data::corruptions {

inline constexpr int kFrostTextures = 5;

class FrostTextures {
 public:
  // The published textures frost1.png to frost3.png, frost4.jpg and frost5.jpg of a folder; any
  // picture format will do for each. (The published code never uses its sixth.) Errors name what is
  // missing or broken.
  static FrostTextures read(const std::string& folder);

  // Ice that the program draws: needles in haze, the same everywhere.
  static const FrostTextures& procedural();

  // For [0, kFrostTextures), in the size that the preset blends: .2 of the picture's sides for
  // cifar, .3 for tiny, else all of it.
  const Image& texture(Preset preset, int index) const;

  // "procedural", or the folder.
  const std::string& source() const { return source_; }

 private:
  FrostTextures(std::string source, std::vector<Image> pictures);

  std::string source_;
  std::vector<std::array<Image, 3>> textures_;  // in three sizes
};

}  // namespace data::corruptions
