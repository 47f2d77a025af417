#include "kernels/convolution/convolution.h"

#include "kernels/base/check.h"
#include "kernels/convolution/candidates.h"

namespace kernels {
namespace {

class CpuConvolution final : public ConvolutionPlan {
 public:
  CpuConvolution(Cpu cpu, const ConvolutionSizes& sizes, Type type, bool bias)
      : operations_(2.0 * static_cast<double>(sizes.multiply_adds())) {
    for (const ConvolutionPass pass :
         {ConvolutionPass::Forward, ConvolutionPass::BackwardData, ConvolutionPass::BackwardWeight})
      passes_[static_cast<int>(pass)] = plan_fastest(cpu, sizes, pass, type, bias);
  }

  std::size_t workspace_bytes(ConvolutionPass pass) const override {
    return of(pass).workspace_bytes();
  }
  std::string implementation(ConvolutionPass pass) const override {
    return of(pass).implementation();
  }
  double operations() const override { return operations_; }
  Launch forward(const ConvolutionForward& t) const override {
    return of(ConvolutionPass::Forward)
        .bind({const_cast<void*>(t.x), const_cast<float*>(t.weight), const_cast<float*>(t.bias),
               t.y, t.workspace, false});
  }
  Launch backward_data(const ConvolutionBackwardData& t) const override {
    return of(ConvolutionPass::BackwardData)
        .bind({t.d_x, const_cast<float*>(t.weight), nullptr, const_cast<void*>(t.d_y), t.workspace,
               t.mode == GradientMode::Accumulate});
  }
  Launch backward_weight(const ConvolutionBackwardWeight& t) const override {
    return of(ConvolutionPass::BackwardWeight)
        .bind({const_cast<void*>(t.x), t.d_weight, t.d_bias, const_cast<void*>(t.d_y), t.workspace,
               t.mode == GradientMode::Accumulate});
  }

 private:
  const PassPlan& of(ConvolutionPass pass) const { return *passes_[static_cast<int>(pass)]; }

  double operations_;
  std::unique_ptr<PassPlan> passes_[3];
};

}  // namespace

void check_sizes(const ConvolutionSizes& sizes) {
  CHECK(sizes.images >= 1 && sizes.stride >= 1 && sizes.padding >= 0, "convolution: ", sizes.images,
        " images, stride ", sizes.stride, " and padding ", sizes.padding,
        " where at least 1, 1 and 0 are needed");
  CHECK(sizes.groups >= 1 && sizes.in_channels % sizes.groups == 0 &&
            sizes.out_channels % sizes.groups == 0,
        "convolution: ", sizes.groups, " groups must divide ", sizes.in_channels, " and ",
        sizes.out_channels, " channels");
  CHECK(sizes.height + 2 * sizes.padding >= sizes.kernel_height &&
            sizes.width + 2 * sizes.padding >= sizes.kernel_width,
        "convolution: a ", sizes.kernel_height, "x", sizes.kernel_width,
        " kernel does not fit into ", sizes.height, "x", sizes.width, " images with padding ",
        sizes.padding);
}

std::shared_ptr<const ConvolutionPlan> plan_convolution(Cpu cpu, const ConvolutionSizes& sizes,
                                                        Type type, bool bias) {
  check_sizes(sizes);
  return std::make_shared<CpuConvolution>(cpu, sizes, type, bias);
}

}  // namespace kernels
