#include "kernels/convolution/convolution_batch_norm.h"

#include "kernels/batch_norm/apply.h"
#include "kernels/convolution/candidates.h"

namespace kernels {
namespace {

class CpuConvolutionBatchNorm final : public ConvolutionBatchNormPlan {
 public:
  CpuConvolutionBatchNorm(Cpu cpu, const ConvolutionSizes& sizes, Type type, bool bias)
      : channels_(sizes.out_channels),
        operations_(2.0 * static_cast<double>(sizes.multiply_adds())),
        pass_(plan_fastest(cpu, sizes, ConvolutionPass::Forward, type, bias, Ending::BatchNorm)) {}

  std::size_t workspace_bytes() const override { return scale_bytes() + pass_->workspace_bytes(); }
  std::string implementation() const override { return pass_->implementation(); }
  double operations() const override { return operations_; }

  // Weights and statistics may be other ones in every step.
  Launch forward(const ConvolutionBatchNorm& t) const override {
    float* const scale = static_cast<float*>(t.workspace);
    return [=, channels = channels_,
            pass = pass_->bind({.x = const_cast<void*>(t.x),
                                .weight = const_cast<float*>(t.weight),
                                .bias = const_cast<float*>(t.bias),
                                .y = t.y,
                                .workspace = static_cast<std::byte*>(t.workspace) + scale_bytes(),
                                .add = false,
                                .batch_norm = {.scale = scale,
                                               .mean = t.running_mean,
                                               .beta = t.beta,
                                               .residual = t.residual,
                                               .relu = t.relu}})] {
      batch_norm_inference_scale(channels, t.gamma, t.running_variance, t.epsilon, scale);
      pass();
    };
  }

 private:
  std::size_t scale_bytes() const {  // whole cache lines
    return (static_cast<std::size_t>(channels_) * sizeof(float) + 63) / 64 * 64;
  }

  int channels_;
  double operations_;
  std::unique_ptr<PassPlan> pass_;
};

}  // namespace

std::shared_ptr<const ConvolutionBatchNormPlan> plan_convolution_batch_norm(
    Cpu cpu, const ConvolutionSizes& sizes, Type type, bool bias) {
  check_sizes(sizes);
  return std::make_shared<CpuConvolutionBatchNorm>(cpu, sizes, type, bias);
}

}  // namespace kernels
