// Whose parameters: the benchmark was published for four sizes of images. Any preset can be applied
// to any size; its lengths stay what they are in pixels.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace data::corruptions {

// CIFAR-10-C and CIFAR-100-C, Tiny-ImageNet-C, ImageNet-C, ImageNet-C for Inception networks.
enum class Preset { Cifar, Tiny, ImageNet, Inception };

// "cifar", "tiny", "imagenet", "inception".
const std::string& name_of(Preset preset);
const std::vector<std::string>& preset_names();
std::optional<Preset> find_preset(const std::string& name);

// The side of the preset's square images: 32, 64, 224, 299.
int side_of(Preset preset);

}  // namespace data::corruptions
