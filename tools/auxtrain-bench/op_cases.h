// Every operation, described once: what it takes, how it is recorded, how much work it is. Its
// gradient check takes it at small sizes, its benchmark rows at those of real networks.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/graph/program.h"
#include "engine/runtime/session.h"
#include "kernels/weight_penalty/weight_penalty.h"

namespace tools {

enum class Numbers {
  Any,           // in [-1, 1)
  AwayFromZero,  // at least 1/8 from it: where a ReLU has a kink
  Distinct       // no two nearer than 1/16: where a maximum has a kink
};

struct OpCase {
  struct Argument {
    std::string name;
    engine::Shape shape;
    bool is_activation = true;  // of the program's storage type; else a parameter, float
    Numbers numbers = Numbers::Any;
  };
  struct Recorded {
    std::vector<engine::Tensor> results;
    std::function<void(engine::Session&)> fill = {};  // of inputs: labels, knobs
  };

  std::string name;
  std::vector<Argument> arguments;
  std::function<Recorded(engine::Program&, const std::vector<engine::Tensor>&)> record = {};
  long multiply_adds = 0;  // of the forward call, where they are most of the work
  bool results_are_losses = false;
  bool is_derivative = true;  // false where the gradient treats a part of the loss as constant
};

struct ConvolutionCase {
  engine::Shape x;  // [views, images, height, width, channels]
  int channels = 1, kernel = 3;
  int stride = 1, padding = 0, output_padding = 0, groups = 1;
  bool bias = false;
};
OpCase convolution_case(const ConvolutionCase&);
OpCase transposed_convolution_case(const ConvolutionCase&);

struct LinearCase {
  int views, images, in, out;
  bool bias = true;
};
OpCase linear_case(const LinearCase&);

struct BatchNormCase {
  engine::Shape x;
  bool residual = false, relu = false, selective = true;
};
OpCase batch_norm_case(const BatchNormCase&);

OpCase relu_case(const engine::Shape&);
OpCase sigmoid_case(const engine::Shape&);
OpCase dropout_case(const engine::Shape&);
OpCase add_case(const engine::Shape&);
OpCase multiply_case(const engine::Shape&);

struct PoolingCase {
  engine::Shape x;
  int kernel = 2, stride = 2, padding = 0;
};
OpCase max_pool_case(const PoolingCase&);
OpCase average_pool_case(const PoolingCase&);
OpCase global_average_pool_case(const engine::Shape&);

struct LogitsCase {
  int views, images, classes;
};
OpCase cross_entropy_case(const LogitsCase&);
OpCase distillation_case(const LogitsCase&, bool mutual);

struct PenaltyCase {
  int heads, classes, channels;
  kernels::Merging merging = kernels::Merging::Mean;
};
OpCase weight_penalty_case(const PenaltyCase&);

struct SliceCase {
  engine::Shape x;
  int first, count;
};
OpCase slice_case(const SliceCase&);
OpCase reshape_case(const engine::Shape& from, const engine::Shape& to);

// All of them at sizes that are small, odd, one, and not a multiple of anything.
std::vector<OpCase> small_op_cases();

// Those that call a kernel (slices and reshapes do not), as networks for CIFAR and ImageNet use
// them: large enough to leave the nearer caches, in every form that has code of its own.
std::vector<OpCase> large_op_cases();

}  // namespace tools
