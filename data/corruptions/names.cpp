#include <algorithm>

#include "data/corruptions/corruptions.h"
#include "kernels/base/check.h"

namespace data::corruptions {
namespace {

const std::string& at(const std::vector<std::string>& names, int index) {
  CHECK(index >= 0 && index < static_cast<int>(names.size()), "corruption: unknown, number ",
        index);
  return names[static_cast<std::size_t>(index)];
}

template <class Enum>
std::optional<Enum> find(const std::vector<std::string>& names, const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

const std::vector<std::string>& kind_names() {
  static const std::vector<std::string> kNames = {"gaussian_noise",
                                                  "shot_noise",
                                                  "impulse_noise",
                                                  "defocus_blur",
                                                  "glass_blur",
                                                  "motion_blur",
                                                  "zoom_blur",
                                                  "snow",
                                                  "frost",
                                                  "fog",
                                                  "brightness",
                                                  "contrast",
                                                  "elastic_transform",
                                                  "pixelate",
                                                  "jpeg_compression",
                                                  "speckle_noise",
                                                  "gaussian_blur",
                                                  "spatter",
                                                  "saturate"};
  return kNames;
}
const std::string& name_of(Kind kind) { return at(kind_names(), static_cast<int>(kind)); }
std::optional<Kind> find_kind(const std::string& name) { return find<Kind>(kind_names(), name); }

const std::vector<std::string>& preset_names() {
  static const std::vector<std::string> kNames = {"cifar", "tiny", "imagenet", "inception"};
  return kNames;
}
const std::string& name_of(Preset preset) { return at(preset_names(), static_cast<int>(preset)); }
std::optional<Preset> find_preset(const std::string& name) {
  return find<Preset>(preset_names(), name);
}

int side_of(Preset preset) {
  constexpr int kSides[] = {32, 64, 224, 299};
  return kSides[static_cast<int>(preset)];
}

}  // namespace data::corruptions
