#include "kernels/base/check.h"
#include "kernels/pooling/average_pooling.h"
#include "kernels/pooling/global_average.h"
#include "kernels/pooling/max_pooling.h"
#include "tools/auxtrain-bench/cuda/kernel_cases.h"

namespace tools {
namespace {

using engine::Shape;
using kernels::Cuda;
using kernels::GradientMode;
using kernels::Launch;
using kernels::PoolingSizes;
using kernels::Type;
using kernels::with_storage;

PoolingSizes sizes_of(const Shape& x, const WindowOptions& w) {
  return {x[0] * x[1], x[2], x[3], x[4], w.kernel, w.stride, w.padding};
}
long out_size(const PoolingSizes& s) {
  return long{s.images} * s.out_height() * s.out_width() * s.channels;
}
std::string named(const char* operation, const WindowOptions& w, const Shape& x) {
  return kernels::text(operation, " ", w.kernel, "/", w.stride, "/", w.padding, " ",
                       engine::text_of(x));
}

}  // namespace

KernelCases max_pooling_cases(Type type, const Shape& x, WindowOptions window) {
  return with_storage(type, [&](auto tag) -> KernelCases {
    using T = typename decltype(tag)::type;
    const PoolingSizes s = sizes_of(x, window);
    const long size = engine::size_of(x), out = out_size(s);
    const auto forward = [=](Cuda cuda, CaseArrays& a) -> Launch {
      const kernels::MaxPoolingForward<T> t{
          .x = a.read<T>(size), .y = a.write<T>(out), .argmax = a.write<std::uint8_t>(out)};
      return [=] { max_pooling_forward(cuda, s, t); };
    };
    const auto backward = [=](Cuda cuda, CaseArrays& a) -> Launch {
      const auto place = [=](kernels::Random& random) {
        return random.below(static_cast<std::uint32_t>(s.kernel * s.kernel));
      };
      const kernels::MaxPoolingBackward<T> t{.d_y = a.read<T>(out),
                                             .argmax = a.read<std::uint8_t>(out, place),
                                             .d_x = a.write<T>(size),
                                             .mode = GradientMode::Overwrite};
      return [=] { max_pooling_backward(cuda, s, t); };
    };
    const std::string name = named("max_pool", window, x);
    return {{name, "max_pooling_forward", x, type, forward},
            {name, "max_pooling_backward", x, type, backward}};
  });
}

KernelCases average_pooling_cases(Type type, const Shape& x, WindowOptions window) {
  return with_storage(type, [&](auto tag) -> KernelCases {
    using T = typename decltype(tag)::type;
    const PoolingSizes s = sizes_of(x, window);
    const long size = engine::size_of(x), out = out_size(s);
    const auto forward = [=](Cuda cuda, CaseArrays& a) -> Launch {
      const kernels::AveragePoolingForward<T> t{.x = a.read<T>(size), .y = a.write<T>(out)};
      return [=] { average_pooling_forward(cuda, s, t); };
    };
    const auto backward = [=](Cuda cuda, CaseArrays& a) -> Launch {
      const kernels::AveragePoolingBackward<T> t{
          .d_y = a.read<T>(out), .d_x = a.write<T>(size), .mode = GradientMode::Overwrite};
      return [=] { average_pooling_backward(cuda, s, t); };
    };
    const std::string name = named("average_pool", window, x);
    return {{name, "average_pooling_forward", x, type, forward},
            {name, "average_pooling_backward", x, type, backward}};
  });
}

KernelCases global_average_cases(Type type, const Shape& x) {
  return with_storage(type, [&](auto tag) -> KernelCases {
    using T = typename decltype(tag)::type;
    const kernels::GlobalAverageSizes s{x[0] * x[1], x[2], x[3], x[4]};
    const long size = engine::size_of(x), features = long{s.images} * s.channels;
    const auto forward = [=](Cuda cuda, CaseArrays& a) -> Launch {
      const kernels::GlobalAverageForward<T> t{.x = a.read<T>(size), .y = a.write<float>(features)};
      return [=] { global_average_forward(cuda, s, t); };
    };
    const auto backward = [=](Cuda cuda, CaseArrays& a) -> Launch {
      const kernels::GlobalAverageBackward<T> t{
          .d_y = a.read<float>(features), .d_x = a.write<T>(size), .mode = GradientMode::Overwrite};
      return [=] { global_average_backward(cuda, s, t); };
    };
    const std::string name = kernels::text("global_average_pool ", engine::text_of(x));
    return {{name, "global_average_forward", x, type, forward},
            {name, "global_average_backward", x, type, backward}};
  });
}

}  // namespace tools
