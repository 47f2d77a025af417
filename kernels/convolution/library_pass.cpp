#include "kernels/convolution/library_pass.h"

#include <cstdint>
#include <vector>

#include "kernels/bias/bias.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/layout/layout.h"

namespace kernels {
namespace {

// The arrays in a workspace, each at a multiple of 256 bytes, as cuBLASLt needs its own.
class WorkspaceLayout {
 public:
  std::size_t add(std::size_t bytes) {
    const std::size_t offset = bytes_;
    bytes_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
    return offset;
  }
  // Of a workspace that may begin anywhere.
  std::size_t bytes() const { return bytes_ + kAlignment; }
  static std::byte* begin(void* workspace) {
    const auto address = reinterpret_cast<std::uintptr_t>(workspace);
    return static_cast<std::byte*>(workspace) + (kAlignment - address % kAlignment) % kAlignment;
  }

 private:
  static constexpr std::size_t kAlignment = 256;
  std::size_t bytes_ = 0;
};

class PlannedPass final : public PassPlan {
 public:
  PlannedPass(const Cuda& cuda, const ConvolutionSizes& sizes, ConvolutionPass pass, Type type,
              bool bias, bool add, const LibraryPass& library)
      : cuda_(cuda),
        s_(sizes),
        taken_(library.sizes),
        pass_(pass),
        type_(type),
        algorithm_(library.algorithm) {
    const Type weight_type = algorithm_->weight_type();
    const LibraryBytes bytes = library_bytes(taken_, type, weight_type);
    const bool same_x = taken_.in_channels == s_.in_channels;
    const bool same_y = taken_.out_channels == s_.out_channels;
    const bool gives_weight = pass == ConvolutionPass::BackwardWeight;
    // A filter of one tap is the same in OIHW and OHWI.
    const bool same_weight = same_x && same_y && s_.kernel_height == 1 && s_.kernel_width == 1 &&
                             weight_type == Type::Float;
    const bool we_add = add && !library.adds;
    if (!same_weight || (gives_weight && we_add)) weight_ = layout_.add(bytes.weight);
    if (!same_x || (pass == ConvolutionPass::BackwardData && we_add)) x_ = layout_.add(bytes.x);
    if (!same_y) y_ = layout_.add(bytes.y);
    if (gives_weight && bias) bias_ = layout_.add(bias_workspace_bytes(bias_sizes()));
    workspace_ = layout_.add(algorithm_->workspace_bytes());
  }

  std::size_t workspace_bytes() const override { return layout_.bytes(); }
  std::string implementation() const override { return algorithm_->name(); }
  Launch bind(const PassArrays& t) const override {
    return with_storage(type_, [&](auto tag) {
      std::vector<Launch> all = steps<typename decltype(tag)::type>(t);
      if (all.size() == 1) return all[0];
      return Launch([all = std::move(all)] {
        for (const Launch& step : all) step();
      });
    });
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  PixelLayoutSizes x_sizes() const {
    return {long{s_.images} * s_.height * s_.width, s_.in_channels, taken_.in_channels};
  }
  PixelLayoutSizes y_sizes() const {
    return {long{s_.images} * s_.out_height() * s_.out_width(), s_.out_channels,
            taken_.out_channels};
  }
  WeightLayoutSizes weight_sizes() const {
    return {s_.out_channels, s_.in_channels / s_.groups, taken_.in_channels / s_.groups,
            s_.kernel_height * s_.kernel_width};
  }
  BiasSizes bias_sizes() const { return {y_sizes().pixels, s_.out_channels}; }

  template <class T>
  std::vector<Launch> steps(const PassArrays&) const;

  Cuda cuda_;
  ConvolutionSizes s_, taken_;  // ours, the library's
  ConvolutionPass pass_;
  Type type_;
  LibraryAlgorithmPtr algorithm_;
  WorkspaceLayout layout_;
  std::size_t weight_ = kNone, x_ = kNone, y_ = kNone, bias_ = kNone, workspace_ = kNone;
};

template <class T>
std::vector<Launch> PlannedPass::steps(const PassArrays& t) const {
  std::byte* const workspace = WorkspaceLayout::begin(t.workspace);
  // Where the library finds an array: in the workspace, or where it is.
  const auto place = [&](std::size_t offset, void* otherwise) {
    return offset == kNone ? otherwise : workspace + offset;
  };
  const LibraryArrays arrays{.x = place(x_, t.x),
                             .weight = place(weight_, t.weight),
                             .y = place(y_, t.y),
                             .workspace = workspace + workspace_};
  const GradientMode mode = t.add ? GradientMode::Accumulate : GradientMode::Overwrite;
  std::vector<Launch> steps;
  const auto bring_weight = [&] {
    if (weight_ == kNone) return;
    T* const to = static_cast<T*>(arrays.weight);
    steps.push_back([cuda = cuda_, s = weight_sizes(), a = WeightsToChannelsLast<T>{t.weight, to}] {
      weights_to_channels_last(cuda, s, a);
    });
    const long filter = long{weight_sizes().taps} * weight_sizes().padded_channels;
    if (y_ != kNone)
      steps.push_back([cuda = cuda_, size = filter * (taken_.out_channels - s_.out_channels),
                       a = Fill<T>{0, to + filter * s_.out_channels}] { fill(cuda, {size}, a); });
  };
  const auto bring = [&](std::size_t offset, const PixelLayoutSizes& s, void* from, void* to) {
    if (offset == kNone) return;
    steps.push_back(
        [cuda = cuda_, s, a = PadChannels<T, T>{static_cast<T*>(from), static_cast<T*>(to)}] {
          pad_channels(cuda, s, a);
        });
  };
  const auto bring_back = [&](std::size_t offset, const PixelLayoutSizes& s, void* from, void* to) {
    if (offset == kNone) return;
    steps.push_back([cuda = cuda_, s,
                     a = DropChannels<T, T>{static_cast<T*>(from), static_cast<T*>(to), mode}] {
      drop_channels(cuda, s, a);
    });
  };
  const auto run = [&] { steps.push_back(algorithm_->bind(arrays)); };

  switch (pass_) {
    case ConvolutionPass::Forward:
      bring_weight();
      bring(x_, x_sizes(), t.x, arrays.x);
      run();
      bring_back(y_, y_sizes(), arrays.y, t.y);
      if (t.bias)
        steps.push_back([cuda = cuda_, s = bias_sizes(),
                         a = AddBias<T>{t.bias, static_cast<T*>(t.y)}] { add_bias(cuda, s, a); });
      break;
    case ConvolutionPass::BackwardData:
      bring_weight();
      bring(y_, y_sizes(), t.y, arrays.y);
      run();
      bring_back(x_, x_sizes(), arrays.x, t.x);
      break;
    case ConvolutionPass::BackwardWeight:
      bring(x_, x_sizes(), t.x, arrays.x);
      bring(y_, y_sizes(), t.y, arrays.y);
      run();
      if (weight_ != kNone)
        with_storage(algorithm_->weight_type(), [&](auto tag) {
          using W = typename decltype(tag)::type;
          steps.push_back(
              [cuda = cuda_, s = weight_sizes(),
               a = WeightsFromChannelsLast<W>{static_cast<W*>(arrays.weight), t.weight, mode}] {
                weights_from_channels_last(cuda, s, a);
              });
        });
      if (t.bias)
        steps.push_back([cuda = cuda_, s = bias_sizes(),
                         a = BiasGradient<T>{static_cast<T*>(t.y), t.bias,
                                             reinterpret_cast<float*>(workspace + bias_), mode}] {
          bias_gradient(cuda, s, a);
        });
      break;
  }
  return steps;
}

}  // namespace

ConvolutionSizes padded_channels(ConvolutionSizes s, Type type) {
  const int unit = 16 / static_cast<int>(bytes_of(type));
  if (s.groups > 1) return s;
  s.in_channels = (s.in_channels + unit - 1) / unit * unit;
  s.out_channels = (s.out_channels + unit - 1) / unit * unit;
  return s;
}

LibraryBytes library_bytes(const ConvolutionSizes& s, Type type, Type weight_type) {
  const auto bytes = [](long elements, Type of) {
    return static_cast<std::size_t>(elements) * bytes_of(of);
  };
  return {bytes(long{s.images} * s.height * s.width * s.in_channels, type),
          bytes(s.weight_size(), weight_type),
          bytes(long{s.images} * s.out_height() * s.out_width() * s.out_channels, type)};
}

std::unique_ptr<PassPlan> plan_library_pass(const Cuda& cuda, const ConvolutionSizes& sizes,
                                            ConvolutionPass pass, Type type, bool bias, bool add,
                                            const LibraryPass& library) {
  return std::make_unique<PlannedPass>(cuda, sizes, pass, type, bias, add, library);
}

}  // namespace kernels
