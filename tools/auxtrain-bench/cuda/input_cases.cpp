// What comes before the first convolution, and weights on their way to it and back.
#include <numeric>

#include "data/device_views.h"
#include "kernels/base/check.h"
#include "kernels/layout/layout.h"
#include "tools/auxtrain-bench/cuda/kernel_cases.h"

namespace tools {
namespace {

using engine::Shape;
using kernels::bfloat16;
using kernels::Cuda;
using kernels::GradientMode;
using kernels::Launch;
using kernels::Type;
using kernels::with_storage;

// Channels that come in 16 bytes.
int padded(int channels, Type type) {
  const int step = 16 / static_cast<int>(kernels::bytes_of(type));
  return (channels + step - 1) / step * step;
}

template <class X, class Y>
KernelCases padding_cases(Type from, Type to, const Shape& shape) {
  const long x = engine::size_of(shape), pixels = x / shape.back();
  const kernels::PixelLayoutSizes s{pixels, shape.back(), padded(shape.back(), to)};
  const long y = pixels * s.padded_channels;
  const auto pad = [=](Cuda cuda, CaseArrays& a) -> Launch {
    const kernels::PadChannels<X, Y> t{.x = a.read<X>(x), .y = a.write<Y>(y)};
    return [=] { pad_channels(cuda, s, t); };
  };
  const auto drop = [=](Cuda cuda, CaseArrays& a) -> Launch {
    const kernels::DropChannels<X, Y> t{
        .y = a.read<Y>(y), .x = a.write<X>(x), .mode = GradientMode::Overwrite};
    return [=] { drop_channels(cuda, s, t); };
  };
  const std::string name =
      kernels::text("channels ", engine::text_of(shape), " ", kernels::name_of(from), ", padded");
  return {{name, "pad_channels", shape, to, pad}, {name, "drop_channels", shape, to, drop}};
}

}  // namespace

KernelCases weight_layout_cases(Type type, const Shape& oihw) {
  return with_storage(type, [&](auto tag) -> KernelCases {
    using T = typename decltype(tag)::type;
    const kernels::WeightLayoutSizes s{oihw[0], oihw[1], padded(oihw[1], type), oihw[2] * oihw[3]};
    const long x = engine::size_of(oihw), y = long{s.filters} * s.taps * s.padded_channels;
    const auto there = [=](Cuda cuda, CaseArrays& a) -> Launch {
      const kernels::WeightsToChannelsLast<T> t{.x = a.read<float>(x), .y = a.write<T>(y)};
      return [=] { weights_to_channels_last(cuda, s, t); };
    };
    const auto back = [=](Cuda cuda, CaseArrays& a) -> Launch {
      const kernels::WeightsFromChannelsLast<T> t{
          .y = a.read<T>(y), .x = a.write<float>(x), .mode = GradientMode::Overwrite};
      return [=] { weights_from_channels_last(cuda, s, t); };
    };
    const std::string name = kernels::text("weights ", engine::text_of(oihw));
    return {{name, "weights_to_channels_last", oihw, type, there},
            {name, "weights_from_channels_last", oihw, type, back}};
  });
}

KernelCases channel_padding_cases(Type from, Type to, const Shape& shape) {
  if (to == Type::Float) return padding_cases<float, float>(from, to, shape);
  if (from == Type::Float) return padding_cases<float, bfloat16>(from, to, shape);
  return padding_cases<bfloat16, bfloat16>(from, to, shape);
}

KernelCases view_cases(Type type, int images, int side, int channels) {
  return with_storage(type, [&](auto tag) -> KernelCases {
    using T = typename decltype(tag)::type;
    const data::DeviceViewSizes s{images, side, side, channels};
    const data::DeviceRecipe recipe =
        data::device_recipe(data::default_views(), {}, data::kCifarNormalization);
    const Shape shape{recipe.views, images, side, side, channels};
    const auto prepare = [=](Cuda cuda, CaseArrays& a) -> Launch {
      const auto byte = [](kernels::Random& random) { return random.below(256); };
      const auto label = [](kernels::Random& random) { return random.below(10); };
      std::vector<int> order(static_cast<std::size_t>(images));
      std::iota(order.begin(), order.end(), 0);
      const data::DeviceViews<T> t{
          .pixels = a.read<std::uint8_t>(long{images} * side * side * 3, byte),
          .labels = a.read<int>(images, label),
          .indices = a.given(order),
          .seed = a.given<data::DeviceSeed>({{7, 1}}),
          .views = a.write<T>(engine::size_of(shape)),
          .batch_labels = a.write<int>(images)};
      return [=] { write_views(cuda, s, recipe, t); };
    };
    return {{kernels::text("views ", engine::text_of(shape)), "write_views", shape, type, prepare}};
  });
}

}  // namespace tools
