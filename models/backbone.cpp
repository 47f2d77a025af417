#include "models/backbone.h"

#include <algorithm>

#include "models/alexnet.h"
#include "models/resnet.h"

namespace models {
namespace {

using kernels::text;
using kernels::UsageError;

std::vector<Backbone> all_backbones() {
  std::vector<Backbone> all{
      {"resnet20", Stem::Cifar, "basic blocks 3-3-3 of 16-32-64 channels", 16, resnet20}};
  for (const Stem stem : {Stem::Cifar, Stem::ImageNet})
    all.insert(all.end(),
               {{"resnet18", stem, "basic blocks 2-2-2-2", 64, resnet18},
                {"resnet34", stem, "basic blocks 3-4-6-3", 64, resnet34},
                {"resnet50", stem, "bottlenecks 3-4-6-3", 64, resnet50},
                {"resnet101", stem, "bottlenecks 3-4-23-3", 64, resnet101},
                {"wide_resnet50_2", stem, "bottlenecks 3-4-6-3, twice as wide inside", 64,
                 wide_resnet50_2},
                {"resnext50_32x4d", stem, "bottlenecks 3-4-6-3, inside 32 groups of 4 channels", 64,
                 resnext50_32x4d}});
  all.push_back(
      {"alexnet", Stem::Cifar, "five 3x3 convolutions with batch norm", 64, cifar_alexnet});
  all.push_back({"alexnet", Stem::ImageNet, "without batch norm: standard training only", 64,
                 imagenet_alexnet, "classifier.6", false});
  return all;
}

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
  return all;
}

}  // namespace

const std::vector<Backbone>& backbones() {
  static const std::vector<Backbone> kAll = all_backbones();
  return kAll;
}

std::vector<std::string> backbone_names() {
  std::vector<std::string> names;
  for (const Backbone& backbone : backbones())
    if (std::find(names.begin(), names.end(), backbone.name) == names.end())
      names.push_back(backbone.name);
  return names;
}

const Backbone& find_backbone(const std::string& name, Stem stem) {
  std::vector<std::string> stems;
  for (const Backbone& backbone : backbones()) {
    if (backbone.name != name) continue;
    if (backbone.stem == stem) return backbone;
    stems.push_back(name_of(backbone.stem));
  }
  if (stems.empty())
    throw UsageError(
        text("model.name: no backbone is called ", name, "; known are ", joined(backbone_names())));
  throw UsageError(
      text("model.stem: ", name, " has no stem ", name_of(stem), "; expected ", joined(stems)));
}

const char* name_of(Stem stem) { return stem == Stem::Cifar ? "cifar" : "imagenet"; }

Stem find_stem(const std::string& name) {
  for (const Stem stem : {Stem::Cifar, Stem::ImageNet})
    if (name == name_of(stem)) return stem;
  throw UsageError(text("model.stem: expected cifar or imagenet, got ", name));
}

int image_side(Stem stem) { return stem == Stem::Cifar ? 32 : 224; }

}  // namespace models
