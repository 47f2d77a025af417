#include "engine/layers/layers.h"

#include <cmath>

namespace engine {
namespace {

Initializer constant(float value) { return {Initializer::Kind::Constant, value}; }
Initializer uniform_fan_in(int fan_in) {
  return {Initializer::Kind::Uniform, 1.0f / std::sqrt(static_cast<float>(fan_in))};
}
Initializer kaiming_fan_out(int fan_out) {
  return {Initializer::Kind::Normal, std::sqrt(2.0f / static_cast<float>(fan_out))};
}

}  // namespace

Tensor convolution_layer(Program& program, const std::string& name, Tensor x,
                         const ConvolutionLayer& layer) {
  const Program::Scope scope(program, name);
  const int in = program.shape(x).back(), area = layer.kernel * layer.kernel;
  CHECK(in % layer.groups == 0, name, ": ", layer.groups, " groups do not divide ", in,
        " channels");
  const Tensor weight =
      program.parameter("weight", {layer.channels, in / layer.groups, layer.kernel, layer.kernel},
                        kaiming_fan_out(layer.channels * area));
  Tensor bias;
  if (layer.bias)
    bias = program.parameter("bias", {layer.channels}, uniform_fan_in(in / layer.groups * area));
  return convolution(program, x, weight, bias, {layer.stride, layer.padding, layer.groups});
}

Tensor transposed_convolution_layer(Program& program, const std::string& name, Tensor x,
                                    const TransposedConvolutionLayer& layer) {
  const Program::Scope scope(program, name);
  const Tensor weight = program.parameter(
      "weight", {program.shape(x).back(), layer.channels, layer.kernel, layer.kernel},
      uniform_fan_in(layer.channels * layer.kernel * layer.kernel));
  return transposed_convolution(program, x, weight,
                                {layer.stride, layer.padding, layer.output_padding});
}

Tensor batch_norm_layer(Program& program, const std::string& name, Tensor x,
                        const BatchNormOptions& options) {
  const Program::Scope scope(program, name);
  const Shape channels{program.shape(x).back()};
  return batch_norm(program, x,
                    {.gamma = program.parameter("weight", channels, constant(1)),
                     .beta = program.parameter("bias", channels, constant(0)),
                     .running_mean = program.state("running_mean", channels, constant(0)),
                     .running_variance = program.state("running_var", channels, constant(1))},
                    options);
}

LinearParameters linear_parameters(Program& program, const std::string& name, int in, int out) {
  const Program::Scope scope(program, name);
  return {program.parameter("weight", {out, in}, uniform_fan_in(in)),
          program.parameter("bias", {out}, uniform_fan_in(in))};
}

}  // namespace engine
