#include "engine/layers/layers.h"

#include <cmath>

#include "engine/ops/slice.h"

namespace engine {
namespace {

Initializer constant(float value) { return {Initializer::Kind::Constant, value}; }
Initializer uniform_fan_in(int fan_in) {
  return {Initializer::Kind::Uniform, 1.0f / std::sqrt(static_cast<float>(fan_in))};
}
Initializer kaiming_fan_out(int fan_out) {
  return {Initializer::Kind::Normal, std::sqrt(2.0f / static_cast<float>(fan_out))};
}

struct ConvolutionParameters {
  Tensor weight, bias;
};

ConvolutionParameters convolution_parameters(Program& program, const std::string& name, int in,
                                             const ConvolutionLayer& layer) {
  const Program::Scope scope(program, name);
  const int area = layer.kernel * layer.kernel;
  CHECK(in % layer.groups == 0, name, ": ", layer.groups, " groups do not divide ", in,
        " channels");
  const Initializer uniform = uniform_fan_in(in / layer.groups * area);
  ConvolutionParameters result;
  result.weight =
      program.parameter("weight", {layer.channels, in / layer.groups, layer.kernel, layer.kernel},
                        layer.uniform ? uniform : kaiming_fan_out(layer.channels * area));
  if (layer.bias) result.bias = program.parameter("bias", {layer.channels}, uniform);
  return result;
}

BatchNormTensors batch_norm_tensors(Program& program, const std::string& name, int channels) {
  const Program::Scope scope(program, name);
  const Shape shape{channels};
  return {.gamma = program.parameter("weight", shape, constant(1)),
          .beta = program.parameter("bias", shape, constant(0)),
          .running_mean = program.state("running_mean", shape, constant(0)),
          .running_variance = program.state("running_var", shape, constant(1))};
}

}  // namespace

Tensor convolution_layer(Program& program, const std::string& name, Tensor x,
                         const ConvolutionLayer& layer) {
  const auto [weight, bias] = convolution_parameters(program, name, program.shape(x).back(), layer);
  const Program::Scope scope(program, name);
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
  const BatchNormTensors tensors = batch_norm_tensors(program, name, program.shape(x).back());
  const Program::Scope scope(program, name);
  return batch_norm(program, x, tensors, options);
}

Tensor convolution_batch_norm_layer(Program& program, const std::string& convolution_name,
                                    const std::string& batch_norm_name, Tensor x,
                                    const ConvolutionLayer& layer,
                                    const BatchNormOptions& options) {
  if (program.training() || !program.on_cpu())
    return batch_norm_layer(program, batch_norm_name,
                            convolution_layer(program, convolution_name, x, layer), options);
  const auto [weight, bias] =
      convolution_parameters(program, convolution_name, program.shape(x).back(), layer);
  const BatchNormTensors tensors = batch_norm_tensors(program, batch_norm_name, layer.channels);
  const Program::Scope scope(program, batch_norm_name);  // whose result it is
  return convolution_batch_norm(program, x, weight, bias,
                                {layer.stride, layer.padding, layer.groups}, tensors, options);
}

LinearParameters linear_parameters(Program& program, const std::string& name, int in, int out) {
  const Program::Scope scope(program, name);
  return {program.parameter("weight", {out, in}, uniform_fan_in(in)),
          program.parameter("bias", {out}, uniform_fan_in(in))};
}

Tensor fully_connected_layer(Program& program, const std::string& name, Tensor x, int channels) {
  const Shape map = program.shape(x);
  CHECK(map.size() == 5, name, ": expected a map [views, images, height, width, channels], got ",
        text_of(map));
  const LinearParameters linear =
      linear_parameters(program, name, map[2] * map[3] * map[4], channels);
  const Program::Scope scope(program, name);
  const Tensor kernel = reshape(program, linear.weight, {channels, map[4], map[2], map[3]});
  return convolution(program, x, kernel, linear.bias);
}

}  // namespace engine
