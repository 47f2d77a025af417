#include "models/resnet.h"

#include "engine/layers/layers.h"

namespace models {
namespace {

using engine::convolution_batch_norm_layer;

Tensor basic_block(Program& program, const std::string& name, Tensor x, int channels, int stride,
                   bool selective) {
  const Program::Scope scope(program, name);
  const Tensor y = convolution_batch_norm_layer(
      program, "conv1", "bn1", x,
      {.channels = channels, .kernel = 3, .stride = stride, .padding = 1},
      {.relu = true, .selective = selective});
  Tensor shortcut = x;
  if (stride != 1 || program.shape(x).back() != channels)
    shortcut = convolution_batch_norm_layer(program, "downsample.0", "downsample.1", x,
                                            {.channels = channels, .kernel = 1, .stride = stride},
                                            {.selective = selective});
  return convolution_batch_norm_layer(program, "conv2", "bn2", y,
                                      {.channels = channels, .kernel = 3, .padding = 1},
                                      {.residual = shortcut, .relu = true, .selective = selective});
}

}  // namespace

Tensor resnet(Program& program, Tensor images, const ResNet& net, const BackboneOptions& options) {
  int channels = options.width > 0 ? options.width : net.width;
  Tensor x = convolution_batch_norm_layer(
      program, "conv1", "bn1", images, {.channels = channels, .kernel = 3, .padding = 1},
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
