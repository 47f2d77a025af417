// Residual networks, with torchvision's parameter names.
//
// He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition (CVPR 2016).
// Zagoruyko, Komodakis: Wide Residual Networks (BMVC 2016).
// Xie, Girshick, Dollar, Tu, He: Aggregated Residual Transformations for Deep Neural Networks
// (CVPR 2017).
#pragma once

#include <vector>

#include "models/backbone.h"

namespace models {

enum class Block {
  Basic,      // 3x3, 3x3 convolutions
  Bottleneck  // 1x1, 3x3, 1x1; the last makes four times as many channels as the stage is named by
};

// Stem; stages "layer1", "layer2", ... of blocks, each stage with twice the channels of the one
// before, and all but the first halving height and width.
struct ResNet {
  std::vector<int> blocks;  // of each stage
  int width = 64;           // channels of the first stage
  Block block = Block::Basic;
  int inside = 1;  // the channels of a bottleneck's 3x3 convolution, in those of its stage
  int groups = 1;  // of that convolution
};
Tensor resnet(Program&, Tensor images, const ResNet&, const BackboneOptions&);

Tensor resnet18(Program&, Tensor images, const BackboneOptions&);
Tensor resnet34(Program&, Tensor images, const BackboneOptions&);
Tensor resnet50(Program&, Tensor images, const BackboneOptions&);
Tensor resnet101(Program&, Tensor images, const BackboneOptions&);
Tensor wide_resnet50_2(Program&, Tensor images, const BackboneOptions&);
Tensor resnext50_32x4d(Program&, Tensor images, const BackboneOptions&);
// He's for CIFAR; 1x1 convolutions as shortcuts where the size changes.
Tensor resnet20(Program&, Tensor images, const BackboneOptions&);

}  // namespace models
