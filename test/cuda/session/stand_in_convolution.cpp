// In cuDNN's place on the stand-in: the CPU's convolutions, which can work on its memory.
#include "kernels/convolution/convolution.h"
#include "test/stand_in/stand_in.h"

namespace kernels {
namespace {

class StandInConvolution final : public ConvolutionPlan {
 public:
  StandInConvolution(const ConvolutionSizes& sizes, Type type, bool bias)
      : plan_(plan_convolution(Cpu{&pool()}, sizes, type, bias)) {}
  std::size_t workspace_bytes(ConvolutionPass pass, GradientMode mode) const override {
    return plan_->workspace_bytes(pass, mode);
  }
  std::string implementation(ConvolutionPass pass, GradientMode mode) const override {
    return plan_->implementation(pass, mode);
  }
  double operations() const override { return plan_->operations(); }
  Launch forward(const ConvolutionForward& t) const override { return queued(plan_->forward(t)); }
  Launch backward_data(const ConvolutionBackwardData& t) const override {
    return queued(plan_->backward_data(t));
  }
  Launch backward_weight(const ConvolutionBackwardWeight& t) const override {
    return queued(plan_->backward_weight(t));
  }

 private:
  static ThreadPool& pool() {
    static ThreadPool one(1);
    return one;
  }
  static Launch queued(Launch launch) {
    return [launch = std::move(launch)] {
      stand_in::enqueue([launch] {
        launch();
        return cudaSuccess;
      });
    };
  }
  std::shared_ptr<const ConvolutionPlan> plan_;
};

}  // namespace

std::shared_ptr<const ConvolutionPlan> plan_convolution(Cuda, const ConvolutionSizes& sizes,
                                                        Type type, bool bias) {
  return std::make_shared<StandInConvolution>(sizes, type, bias);
}

}  // namespace kernels
