// In cuDNN's place on the stand-in: the CPU's convolutions, which can work on its memory. Like
// cuDNN's, they take the weight packed.
#include "kernels/convolution/convolution.h"
#include "kernels/layout/layout.h"
#include "test/stand_in/stand_in.h"

namespace kernels {
namespace {

class StandInConvolution final : public ConvolutionPlan {
 public:
  StandInConvolution(const Cuda& cuda, const ConvolutionSizes& s, Type type, bool bias)
      : plan_(plan_convolution(Cpu{&pool()}, s, type, bias)),
        cuda_(cuda),
        layout_{s.out_channels, s.in_channels / s.groups, s.in_channels / s.groups,
                s.kernel_height * s.kernel_width},
        type_(type),
        weight_(static_cast<std::size_t>(s.weight_size())) {}
  std::size_t workspace_bytes(ConvolutionPass pass, GradientMode mode) const override {
    return plan_->workspace_bytes(pass, mode);
  }
  std::string implementation(ConvolutionPass pass, GradientMode mode) const override {
    return plan_->implementation(pass, mode);
  }
  double operations() const override { return plan_->operations(); }
  long packed_weight_size() const override { return static_cast<long>(weight_.size()); }
  Launch pack_weight(const PackWeight& t) const override {
    return with_storage(type_, [&](auto tag) -> Launch {
      using T = typename decltype(tag)::type;
      return [cuda = cuda_, s = layout_,
              a = WeightsToChannelsLast<T>{t.weight, static_cast<T*>(t.packed_weight)}] {
        weights_to_channels_last(cuda, s, a);
      };
    });
  }
  Launch forward(const ConvolutionForward& t) const override {
    ConvolutionForward unpacked = t;
    unpacked.weight = weight_.data();
    return queued(with_weight(t.packed_weight, plan_->forward(unpacked)));
  }
  Launch backward_data(const ConvolutionBackwardData& t) const override {
    ConvolutionBackwardData unpacked = t;
    unpacked.weight = weight_.data();
    return queued(with_weight(t.packed_weight, plan_->backward_data(unpacked)));
  }
  Launch backward_weight(const ConvolutionBackwardWeight& t) const override {
    return queued(plan_->backward_weight(t));
  }

 private:
  static ThreadPool& pool() {
    static ThreadPool one(1);
    return one;
  }
  Launch with_weight(const void* packed, Launch launch) const {
    return with_storage(type_, [&](auto tag) -> Launch {
      using T = typename decltype(tag)::type;
      return [launch, s = layout_,
              a = WeightsFromChannelsLast<T>{static_cast<const T*>(packed), weight_.data(),
                                             GradientMode::Overwrite}] {
        weights_from_channels_last(Cpu{&pool()}, s, a);
        launch();
      };
    });
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
  Cuda cuda_;
  WeightLayoutSizes layout_;
  Type type_;
  mutable std::vector<float> weight_;  // unpacked, while a pass runs
};

}  // namespace

std::shared_ptr<const ConvolutionPlan> plan_convolution(Cuda cuda, const ConvolutionSizes& sizes,
                                                        Type type, bool bias) {
  return std::make_shared<StandInConvolution>(cuda, sizes, type, bias);
}

}  // namespace kernels
