// What a session needs of a GPU besides kernels, where that is the stand-in: the device itself, and
// in cuDNN's place the CPU's convolutions, which can work on its memory.
#include "kernels/base/gpu.h"
#include "kernels/convolution/convolution.h"
#include "test/cuda/session/device.h"
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

Gpu::Gpu(int number, const std::filesystem::path&)
    : device_{.number = number, .name = "stand-in"},
      context_{.stream = nullptr,
               .multiprocessors = stand_in::multiprocessors(),
               .shared_bytes = 227 << 10} {}
Gpu::~Gpu() = default;
std::size_t Gpu::free_bytes() const {
  std::size_t free = 0, total = 0;
  cudaMemGetInfo(&free, &total);
  return free;
}

}  // namespace kernels

namespace test {

const double kRounding = 1e-5, kRoundingOfTraining = 1e-3;

const kernels::Gpu& gpu() {
  static const kernels::Gpu stand_in(0);
  return stand_in;
}

}  // namespace test
