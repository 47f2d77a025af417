#include "models/alexnet.h"

#include "engine/layers/layers.h"
#include "engine/ops/convert.h"
#include "engine/ops/dropout.h"
#include "engine/ops/pooling.h"
#include "engine/ops/relu.h"
#include "engine/ops/slice.h"

namespace models {
namespace {

using engine::ConvolutionLayer;

constexpr int kWidth = 64;

int width_of(const BackboneOptions& options) { return options.width > 0 ? options.width : kWidth; }

// Of these the last feature map is 6x6. What is not, torchvision averages or repeats until it is.
void check_size(const engine::Shape& images) {
  for (const int extent : {images[2], images[3]})
    if (extent < 223 || extent > 254)
      throw kernels::UsageError(kernels::text(
          "model.stem: alexnet with stem imagenet takes images of 223 to 254 pixels, ", "got ",
          images[2], "x", images[3]));
}

}  // namespace

Tensor cifar_alexnet(Program& program, Tensor images, const BackboneOptions& options) {
  const int width = width_of(options);
  Tensor x = images;
  const auto convolve = [&](const char* number, int channels) {
    x = engine::convolution_batch_norm_layer(program, kernels::text("conv", number),
                                             kernels::text("bn", number), x,
                                             {.channels = channels, .kernel = 3, .padding = 1},
                                             {.relu = true, .selective = options.selective});
  };
  const auto pool = [&](const char* number) {
    const Program::Scope scope(program, kernels::text("maxpool", number));
    x = engine::max_pool(program, x, {.kernel = 2, .stride = 2});
  };
  convolve("1", width);
  pool("1");
  convolve("2", 3 * width);
  pool("2");
  convolve("3", 6 * width);
  convolve("4", 4 * width);
  convolve("5", 4 * width);
  pool("5");
  return x;
}

Tensor imagenet_alexnet(Program& program, Tensor images, const BackboneOptions& options) {
  check_size(program.shape(images));
  const int width = width_of(options);
  Tensor x = images;
  const auto convolve = [&](const char* name, ConvolutionLayer layer) {
    layer.bias = layer.uniform = true;
    x = engine::convolution_layer(program, name, x, layer);
    const Program::Scope scope(program, name);
    x = engine::relu(program, x);
  };
  const auto pool = [&](const char* name) {
    const Program::Scope scope(program, name);
    x = engine::max_pool(program, x, {.kernel = 3, .stride = 2});
  };
  convolve("features.0", {.channels = width, .kernel = 11, .stride = 4, .padding = 2});
  pool("features.2");
  convolve("features.3", {.channels = 3 * width, .kernel = 5, .padding = 2});
  pool("features.5");
  convolve("features.6", {.channels = 6 * width, .kernel = 3, .padding = 1});
  convolve("features.8", {.channels = 4 * width, .kernel = 3, .padding = 1});
  convolve("features.10", {.channels = 4 * width, .kernel = 3, .padding = 1});
  pool("features.12");

  const auto drop = [&](const char* name, std::uint32_t layer) {
    const Program::Scope scope(program, name);
    x = engine::dropout(program, x, {.probability = 0.5f, .layer = layer});
  };
  const auto connect = [&](const char* name) {
    x = engine::fully_connected_layer(program, name, x, 64 * width);
    const Program::Scope scope(program, name);
    x = engine::relu(program, x);
  };
  drop("classifier.0", 0);
  connect("classifier.1");
  drop("classifier.3", 1);
  connect("classifier.4");
  x = engine::reshape(program, x, {program.shape(x)[0], program.shape(x)[1], 64 * width});
  return engine::convert(program, x, engine::Type::Float);
}

}  // namespace models
