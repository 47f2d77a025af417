#include "models/resnet.h"

#include "engine/layers/layers.h"
#include "engine/ops/pooling.h"

namespace models {
namespace {

using engine::convolution_batch_norm_layer;
using engine::ConvolutionLayer;
using kernels::text;

Tensor stem(Program& program, Tensor images, int channels, const BackboneOptions& options) {
  const bool is_large = options.stem == Stem::ImageNet;
  const ConvolutionLayer layer{.channels = channels,
                               .kernel = is_large ? 7 : 3,
                               .stride = is_large ? 2 : 1,
                               .padding = is_large ? 3 : 1};
  const Program::RecomputeScope largest(program);  // result of all, and one pass makes it
  const Tensor x =
      convolution_batch_norm_layer(program, "conv1", "bn1", images, layer,
                                   {.relu = options.stem_relu, .selective = options.selective});
  if (!is_large) return x;
  const Program::Scope scope(program, "maxpool");
  return engine::max_pool(program, x, {.kernel = 3, .stride = 2, .padding = 1});
}

// The convolutions of a block; `channels` are the stage's.
std::vector<ConvolutionLayer> layers_of(const ResNet& net, int channels, int stride) {
  if (net.block == Block::Basic)
    return {{.channels = channels, .kernel = 3, .stride = stride, .padding = 1},
            {.channels = channels, .kernel = 3, .padding = 1}};
  const int inside = net.inside * channels;
  return {{.channels = inside, .kernel = 1},
          {.channels = inside, .kernel = 3, .stride = stride, .padding = 1, .groups = net.groups},
          {.channels = 4 * channels, .kernel = 1}};
}

// Each convolution with batch norm and ReLU; the last ReLU is that of the sum with the shortcut.
Tensor residual_block(Program& program, Tensor x, const std::vector<ConvolutionLayer>& layers,
                      int stride, bool selective) {
  Tensor y = x, shortcut = x;
  const int last = static_cast<int>(layers.size()), channels = layers.back().channels;
  for (int i = 1; i <= last; ++i) {
    if (i == last && (stride != 1 || program.shape(x).back() != channels))
      shortcut = convolution_batch_norm_layer(program, "downsample.0", "downsample.1", x,
                                              {.channels = channels, .kernel = 1, .stride = stride},
                                              {.selective = selective});
    y = convolution_batch_norm_layer(
        program, text("conv", i), text("bn", i), y, layers[static_cast<size_t>(i - 1)],
        {.residual = i == last ? shortcut : Tensor{}, .relu = true, .selective = selective});
  }
  return y;
}

}  // namespace

Tensor resnet(Program& program, Tensor images, const ResNet& net, const BackboneOptions& options) {
  int channels = options.width > 0 ? options.width : net.width;
  if (net.inside * channels % net.groups != 0)
    throw kernels::UsageError(
        text("model.width: expected a multiple of ", net.groups / net.inside, ", got ", channels));
  Tensor x = stem(program, images, channels, options);
  for (size_t stage = 0; stage < net.blocks.size(); ++stage) {
    if (stage > 0) channels *= 2;
    for (int block = 0; block < net.blocks[stage]; ++block) {
      const Program::Scope scope(program, text("layer", stage + 1, ".", block));
      const int stride = stage > 0 && block == 0 ? 2 : 1;
      x = residual_block(program, x, layers_of(net, channels, stride), stride, options.selective);
    }
  }
  return x;
}

// Table 1 of He et al.
Tensor resnet18(Program& program, Tensor images, const BackboneOptions& options) {
  return resnet(program, images, {.blocks = {2, 2, 2, 2}}, options);
}
Tensor resnet34(Program& program, Tensor images, const BackboneOptions& options) {
  return resnet(program, images, {.blocks = {3, 4, 6, 3}}, options);
}
Tensor resnet50(Program& program, Tensor images, const BackboneOptions& options) {
  return resnet(program, images, {.blocks = {3, 4, 6, 3}, .block = Block::Bottleneck}, options);
}
Tensor resnet101(Program& program, Tensor images, const BackboneOptions& options) {
  return resnet(program, images, {.blocks = {3, 4, 23, 3}, .block = Block::Bottleneck}, options);
}

// WRN-50-2-bottleneck of Zagoruyko and Komodakis.
Tensor wide_resnet50_2(Program& program, Tensor images, const BackboneOptions& options) {
  return resnet(program, images, {.blocks = {3, 4, 6, 3}, .block = Block::Bottleneck, .inside = 2},
                options);
}

// Table 1 of Xie et al., right.
Tensor resnext50_32x4d(Program& program, Tensor images, const BackboneOptions& options) {
  return resnet(program, images,
                {.blocks = {3, 4, 6, 3}, .block = Block::Bottleneck, .inside = 2, .groups = 32},
                options);
}

// Section 4.2 of He et al., n = 3.
Tensor resnet20(Program& program, Tensor images, const BackboneOptions& options) {
  return resnet(program, images, {.blocks = {3, 3, 3}, .width = 16}, options);
}

}  // namespace models
