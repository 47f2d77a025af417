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

// A filter of one tap is the same in OIHW and OHWI.
bool is_same_weight(const ConvolutionSizes& s, const ConvolutionSizes& taken, Type type) {
  return taken.in_channels == s.in_channels && taken.out_channels == s.out_channels &&
         s.kernel_height == 1 && s.kernel_width == 1 && type == Type::Float;
}

WeightLayoutSizes weight_layout(const ConvolutionSizes& s, const ConvolutionSizes& taken) {
  return {s.out_channels, s.in_channels / s.groups, taken.in_channels / s.groups,
          s.kernel_height * s.kernel_width};
}

Launch in_turn(std::vector<Launch> all) {
  if (all.size() == 1) return all[0];
  return [all = std::move(all)] {
    for (const Launch& step : all) step();
  };
}

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
    const bool we_add = add && !library.adds;
    if (gives_weight && (!is_same_weight(s_, taken_, weight_type) || we_add))
      weight_ = layout_.add(bytes.weight);
    if (!same_x || (pass == ConvolutionPass::BackwardData && we_add)) x_ = layout_.add(bytes.x);
    if (!same_y) y_ = layout_.add(bytes.y);
    if (gives_weight && bias) bias_ = layout_.add(bias_workspace_bytes(bias_sizes()));
    workspace_ = layout_.add(algorithm_->workspace_bytes());
  }

  std::size_t workspace_bytes() const override { return layout_.bytes(); }
  std::string implementation() const override { return algorithm_->name(); }
  Launch bind(const PassArrays& t) const override {
    return with_storage(type_,
                        [&](auto tag) { return in_turn(steps<typename decltype(tag)::type>(t)); });
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
  const bool is_packed = packed_weight_size(s_, taken_, type_) > 0;
  void* const given = pass_ != ConvolutionPass::BackwardWeight && is_packed
                          ? const_cast<void*>(t.packed_weight)
                          : t.weight;
  const LibraryArrays arrays{.x = place(x_, t.x),
                             .weight = place(weight_, given),
                             .y = place(y_, t.y),
                             .workspace = workspace + workspace_};
  const GradientMode mode = t.add ? GradientMode::Accumulate : GradientMode::Overwrite;
  std::vector<Launch> steps;
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
      bring(x_, x_sizes(), t.x, arrays.x);
      run();
      bring_back(y_, y_sizes(), arrays.y, t.y);
      if (t.bias)
        steps.push_back([cuda = cuda_, s = bias_sizes(),
                         a = AddBias<T>{t.bias, static_cast<T*>(t.y)}] { add_bias(cuda, s, a); });
      break;
    case ConvolutionPass::BackwardData:
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
              [cuda = cuda_, s = weight_layout(s_, taken_),
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

long packed_weight_size(const ConvolutionSizes& sizes, const ConvolutionSizes& taken, Type type) {
  return is_same_weight(sizes, taken, type) ? 0 : taken.weight_size();
}

Launch pack_weight(const Cuda& cuda, const ConvolutionSizes& sizes, const ConvolutionSizes& taken,
                   Type type, const PackWeight& t) {
  return with_storage(type, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const WeightLayoutSizes s = weight_layout(sizes, taken);
    const WeightsToChannelsLast<T> arrays{t.weight, static_cast<T*>(t.packed_weight)};
    std::vector<Launch> steps{[=] { weights_to_channels_last(cuda, s, arrays); }};
    const long filter = long{s.taps} * s.padded_channels;
    if (const long missing = filter * (taken.out_channels - sizes.out_channels); missing > 0)
      steps.push_back([=, a = Fill<T>{0, arrays.y + filter * sizes.out_channels}] {
        fill(cuda, {missing}, a);
      });
    return in_turn(std::move(steps));
  });
}

std::unique_ptr<PassPlan> plan_library_pass(const Cuda& cuda, const ConvolutionSizes& sizes,
                                            ConvolutionPass pass, Type type, bool bias, bool add,
                                            const LibraryPass& library) {
  return std::make_unique<PlannedPass>(cuda, sizes, pass, type, bias, add, library);
}

}  // namespace kernels
