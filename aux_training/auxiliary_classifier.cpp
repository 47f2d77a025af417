#include "aux_training/auxiliary_classifier.h"

#include "engine/ops/elementwise.h"
#include "engine/ops/pooling.h"
#include "engine/ops/sigmoid.h"

namespace aux_training {
namespace {

using engine::Program;
using engine::Tensor;

Tensor attend(Program& program, Tensor features) {
  const Program::Scope scope(program, "attention");
  const int channels = program.shape(features)[4];
  Tensor gate = engine::convolution_batch_norm_layer(
      program, "conv", "bn1", features, {.channels = channels, .kernel = 3, .padding = 1},
      {.relu = true});
  gate = engine::transposed_convolution_layer(program, "deconv", gate,
                                              {.channels = channels, .kernel = 3, .padding = 1});
  gate = engine::batch_norm_layer(program, "bn2", gate);
  return engine::multiply(program, features, engine::sigmoid(program, gate));
}

Tensor bottleneck(Program& program, Tensor x) {
  const Program::Scope scope(program, "bottleneck");
  const int channels = program.shape(x)[4];
  const auto layer = [&](const char* convolution, const char* batch_norm,
                         const engine::ConvolutionLayer& sizes) {
    x = engine::convolution_batch_norm_layer(program, convolution, batch_norm, x, sizes,
                                             {.relu = true});
  };
  layer("conv1", "bn1", {.channels = channels / 2, .kernel = 1, .bias = true});
  layer("conv2", "bn2", {.channels = channels / 2, .kernel = 3, .bias = true});
  layer("conv3", "bn3", {.channels = channels, .kernel = 1, .bias = true});
  return x;
}

}  // namespace

Tensor auxiliary_features(Program& program, const std::string& name, Tensor features,
                          bool attention) {
  const Program::Scope scope(program, name);
  const Program::RecomputeScope small(program);  // one view of the last feature map
  const engine::Shape shape = program.shape(features);
  CHECK(shape[2] >= 3 && shape[3] >= 3, name, ": the feature map must be at least 3x3, got ",
        shape[2], "x", shape[3]);
  if (attention) features = attend(program, features);
  return engine::global_average_pool(program, bottleneck(program, features));
}

}  // namespace aux_training
