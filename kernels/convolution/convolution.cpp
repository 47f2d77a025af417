#include "kernels/convolution/convolution.h"

#include "kernels/base/check.h"
#include "kernels/convolution/candidates.h"

namespace kernels {
namespace {

class CpuConvolution final : public PassByPass {
 public:
  CpuConvolution(Cpu cpu, const ConvolutionSizes& sizes, Type type, bool bias) : PassByPass(sizes) {
    for (const ConvolutionPass pass :
         {ConvolutionPass::Forward, ConvolutionPass::BackwardData, ConvolutionPass::BackwardWeight})
      passes_[static_cast<int>(pass)] = plan_fastest(cpu, sizes, pass, type, bias);
  }

 private:
  const PassPlan& of(ConvolutionPass pass, GradientMode) const override {
    return *passes_[static_cast<int>(pass)];
  }

  std::unique_ptr<PassPlan> passes_[3];
};

}  // namespace

std::string describe(const ConvolutionSizes& s, ConvolutionPass pass, Type type) {
  constexpr const char* kPasses[] = {"forward", "backward_data", "backward_weight"};
  return text("convolution ", kPasses[static_cast<int>(pass)], " ", name_of(type), " ", s.images,
              "x", s.height, "x", s.width, "x", s.in_channels, "->", s.out_channels, " kernel ",
              s.kernel_height, "x", s.kernel_width, " stride ", s.stride, " padding ", s.padding,
              " groups ", s.groups);
}

void check_sizes(const ConvolutionSizes& sizes) {
  CHECK(sizes.images >= 1 && sizes.stride >= 1 && sizes.padding >= 0, "convolution: ", sizes.images,
        " images, stride ", sizes.stride, " and padding ", sizes.padding,
        " where at least 1, 1 and 0 are needed");
  CHECK(sizes.height >= 1 && sizes.width >= 1 && sizes.in_channels >= 1 && sizes.out_channels >= 1,
        "convolution: ", sizes.height, "x", sizes.width, " images of ", sizes.in_channels, " to ",
        sizes.out_channels, " channels, where at least 1 of each is needed");
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
