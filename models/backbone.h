// Backbones: plain functions that record a network from images to its last features. The linear
// classifiers on top belong to whoever trains (see aux_training/).
//
// A new backbone is one file with one function, and one line in backbone.cpp.
#pragma once

#include <string>
#include <vector>

#include "engine/graph/program.h"

namespace models {

using engine::Program;
using engine::Tensor;

enum class Stem {
  Cifar,    // for images of 32x32: the first convolution keeps their size
  ImageNet  // for images of 224x224: a strided convolution and a max-pool make a quarter of it
};

struct BackboneOptions {
  Stem stem = Stem::Cifar;
  int width = 0;          // channels of the first stage; 0 is the backbone's own
  bool stem_relu = true;  // false repeats an accident of the authors' released code
  bool selective = true;  // batch norm statistics per view; false: over all views together
};

// Parameters have torchvision's names and layouts.
struct Backbone {
  std::string name;
  Stem stem;
  std::string description;
  int width;  // its own
  // images [views, images, height, width, 3] -> a feature map [views, images, h, w, channels]
  Tensor (*record)(Program&, Tensor images, const BackboneOptions&);
  std::string classifier = "fc";  // the name of the linear layer behind it
  // False: record() gives pooled features [views, images, channels], float, to which no auxiliary
  // classifier can be attached.
  bool has_feature_map = true;
};

const std::vector<Backbone>& backbones();
std::vector<std::string> backbone_names();  // each once
// A UsageError lists the known names, or stems.
const Backbone& find_backbone(const std::string& name, Stem);

// As recipes say it: "cifar", "imagenet". The reverse: a UsageError for any other name.
const char* name_of(Stem);
Stem find_stem(const std::string& name);

int image_side(Stem);  // height and width of the images it is for: 32, 224

}  // namespace models
