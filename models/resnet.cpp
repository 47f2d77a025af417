#include "models/resnet.h"

#include "engine/layers/layers.h"

namespace models {
namespace {

using engine::batch_norm_layer;
using engine::convolution_layer;

Tensor basic_block(Program& program, const std::string& name, Tensor x, int channels, int stride,
                   bool selective) {
  const Program::Scope scope(program, name);
  Tensor y = convolution_layer(program, "conv1", x,
                               {.channels = channels, .kernel = 3, .stride = stride, .padding = 1});
  y = batch_norm_layer(program, "bn1", y, {.relu = true, .selective = selective});
  y = convolution_layer(program, "conv2", y, {.channels = channels, .kernel = 3, .padding = 1});

  Tensor shortcut = x;
  if (stride != 1 || program.shape(x).back() != channels) {
    shortcut = convolution_layer(program, "downsample.0", x,
                                 {.channels = channels, .kernel = 1, .stride = stride});
    shortcut = batch_norm_layer(program, "downsample.1", shortcut, {.selective = selective});
  }
  return batch_norm_layer(program, "bn2", y,
                          {.residual = shortcut, .relu = true, .selective = selective});
}

}  // namespace

Tensor resnet(Program& program, Tensor images, const ResNet& net, const BackboneOptions& options) {
  int channels = options.width > 0 ? options.width : net.width;
  Tensor x = convolution_layer(program, "conv1", images,
                               {.channels = channels, .kernel = 3, .padding = 1});
  x = batch_norm_layer(program, "bn1", x,
                       {.relu = options.stem_relu, .selective = options.selective});
  for (size_t stage = 0; stage < net.blocks.size(); ++stage) {
    if (stage > 0) channels *= 2;
    for (int block = 0; block < net.blocks[stage]; ++block)
      x = basic_block(program, kernels::text("layer", stage + 1, ".", block), x, channels,
                      stage > 0 && block == 0 ? 2 : 1, options.selective);
  }
  return x;
}

Tensor resnet18(Program& program, Tensor images, const BackboneOptions& options) {
  return resnet(program, images, {.blocks = {2, 2, 2, 2}, .width = 64}, options);
}

Tensor resnet20(Program& program, Tensor images, const BackboneOptions& options) {
  return resnet(program, images, {.blocks = {3, 3, 3}, .width = 16}, options);
}

}  // namespace models
