// Backbones: plain functions that record a network from images to its last feature map. The linear
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

struct BackboneOptions {
  int width = 0;          // channels of the first stage; 0 is the backbone's own
  bool stem_relu = true;  // false repeats an accident of the authors' released code
  bool selective = true;  // batch norm statistics per view; false: over all views together
};

struct Backbone {
  std::string name, description;
  int width;  // its own
  // images [views, images, height, width, 3] -> features [views, images, h, w, channels].
  Tensor (*record)(Program&, Tensor images, const BackboneOptions&);
};

const std::vector<Backbone>& backbones();
// A UsageError lists the known names.
const Backbone& find_backbone(const std::string& name);

}  // namespace models
