// Layers: operations together with the parameters they own, named as PyTorch names them
// ("layer1.0.conv1" + ".weight") and begun as torchvision begins them.
#pragma once

#include <string>

#include "engine/ops/batch_norm.h"
#include "engine/ops/convolution.h"
#include "engine/ops/convolution_batch_norm.h"
#include "engine/ops/linear.h"
#include "engine/ops/transposed_convolution.h"

namespace engine {

struct ConvolutionLayer {
  int channels, kernel, stride = 1, padding = 0, groups = 1;
  bool bias = false;
  bool uniform = false;  // begins as PyTorch's plain convolutions, which AlexNet is made of
};
// Weight: Kaiming normal, fan-out (He et al. 2015), or uniform +-1/sqrt(fan-in), as biases are.
Tensor convolution_layer(Program&, const std::string& name, Tensor x, const ConvolutionLayer&);

struct TransposedConvolutionLayer {
  int channels, kernel, stride = 1, padding = 0, output_padding = 0;
};
// Weight: uniform +-1/sqrt(fan-in), where PyTorch counts the fan-in by the output channels. No
// bias.
Tensor transposed_convolution_layer(Program&, const std::string& name, Tensor x,
                                    const TransposedConvolutionLayer&);

// gamma ("weight") 1, beta ("bias") 0, running mean 0, running variance 1.
Tensor batch_norm_layer(Program&, const std::string& name, Tensor x, const BatchNormOptions& = {});

// The two after one another: as two operations where gradients are needed, as one in inference.
Tensor convolution_batch_norm_layer(Program&, const std::string& convolution_name,
                                    const std::string& batch_norm_name, Tensor x,
                                    const ConvolutionLayer&, const BatchNormOptions& = {});

struct LinearParameters {
  Tensor weight, bias;
};
// Uniform +-1/sqrt(in).
LinearParameters linear_parameters(Program&, const std::string& name, int in, int out);

// A linear layer over all of a feature map, x [views, images, height, width, in] -> [views, images,
// 1, 1, channels]: the convolution whose kernel is as large as the map. Its weight, [channels,
// in * height * width], is unchanged that of PyTorch's Flatten and Linear.
Tensor fully_connected_layer(Program&, const std::string& name, Tensor x, int channels);

}  // namespace engine
