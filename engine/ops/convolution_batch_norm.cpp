#include "engine/ops/convolution_batch_norm.h"

#include "engine/ops/convolution_calls.h"
#include "kernels/convolution/convolution_batch_norm.h"

namespace engine {

Tensor convolution_batch_norm(Program& program, Tensor x, Tensor weight, Tensor bias,
                              ConvolutionOptions convolution, const BatchNormTensors& state,
                              const BatchNormOptions& options) {
  CHECK(!program.training() && program.on_cpu(),
        "convolution_batch_norm: it is for inference on a CPU");
  const kernels::ConvolutionSizes sizes = convolution_sizes(program, x, weight, bias, convolution);
  const auto plan = kernels::plan_convolution_batch_norm(std::get<kernels::Cpu>(program.device()),
                                                         sizes, program.type(x), bool(bias));
  const Shape in = program.shape(x);
  const Shape out{in[0], in[1], sizes.out_height(), sizes.out_width(), sizes.out_channels};
  check_batch_norm(program, out, state, options);
  const Tensor y = program.activation("y", out, program.type(x));
  std::map<std::string, double> attributes = attributes_of(convolution);
  attributes["relu"] = options.relu;
  attributes["epsilon"] = static_cast<double>(options.epsilon);
  program.call({.name = "convolution_batch_norm",
                .inputs = {x, weight, bias, state.gamma, state.beta, state.running_mean,
                           state.running_variance, options.residual},
                .outputs = {y, program.workspace(plan->workspace_bytes())},
                .operations = plan->operations(),
                .attributes = attributes},
               [=](auto, const Buffers& b) {
                 return plan->forward({.x = b.in<void>(0),
                                       .residual = b.in<void>(7),
                                       .weight = b.in(1),
                                       .bias = b.in(2),
                                       .gamma = b.in(3),
                                       .beta = b.in(4),
                                       .running_mean = b.in(5),
                                       .running_variance = b.in(6),
                                       .y = b.out<void>(0),
                                       .workspace = b.out<void>(1),
                                       .relu = options.relu,
                                       .epsilon = options.epsilon});
               });
  return y;
}

}  // namespace engine
