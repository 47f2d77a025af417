// Residual networks for 32x32 images, with torchvision's parameter names.
//
// He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition (CVPR 2016).
#pragma once

#include <vector>

#include "models/backbone.h"

namespace models {

// Stem of one 3x3 convolution; stages "layer1", "layer2", ... of basic blocks, each stage with
// twice the channels of the one before, and all but the first halving height and width.
struct ResNet {
  std::vector<int> blocks;  // of each stage
  int width;                // channels of the first stage
};
Tensor resnet(Program&, Tensor images, const ResNet&, const BackboneOptions&);

Tensor resnet18(Program&, Tensor images, const BackboneOptions&);
Tensor resnet20(Program&, Tensor images, const BackboneOptions&);  // 1x1 convolution shortcuts

}  // namespace models
