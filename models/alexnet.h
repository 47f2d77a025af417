// AlexNet, in the two forms that the method is measured against.
//
// Krizhevsky, Sutskever, Hinton: ImageNet Classification with Deep Convolutional Neural Networks
// (NIPS 2012); one column of it, as in Krizhevsky: One weird trick for parallelizing convolutional
// neural networks (2014).
#pragma once

#include "models/backbone.h"

namespace models {

// Our own, for images of 32x32: five 3x3 convolutions of width, 3, 6, 4 and 4 times width channels,
// each with selective batch norm and ReLU; features of 4x4. The method's authors never published
// theirs.
Tensor cifar_alexnet(Program&, Tensor images, const BackboneOptions&);

// torchvision's, for images of 224x224: convolutions with biases, no batch norm; behind them two
// linear layers, each with dropout in front and ReLU behind, whose features are pooled already:
// [views, images, 64 * width], float.
Tensor imagenet_alexnet(Program&, Tensor images, const BackboneOptions&);

}  // namespace models
