#include "models/backbone.h"

#include "models/resnet.h"

namespace models {

const std::vector<Backbone>& backbones() {
  static const std::vector<Backbone> all{
      {"resnet18", "ResNet-18 for CIFAR: 3x3 stem, 64-128-256-512 channels, 2 blocks each", 64,
       resnet18},
      {"resnet20", "He's ResNet-20 for CIFAR: 16-32-64 channels, 3 blocks each", 16, resnet20},
  };
  return all;
}

const Backbone& find_backbone(const std::string& name) {
  std::string known;
  for (const Backbone& backbone : backbones()) {
    if (backbone.name == name) return backbone;
    known += (known.empty() ? "" : ", ") + backbone.name;
  }
  throw kernels::UsageError(
      kernels::text("model.name: no backbone is called ", name, "; known are ", known));
}

}  // namespace models
