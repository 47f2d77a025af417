#include "kernels/base/check.h"
#include "kernels/bias/bias.h"
#include "kernels/dropout/dropout.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/relu/relu.h"
#include "kernels/sigmoid/sigmoid.h"
#include "tools/auxtrain-bench/cuda/kernel_cases.h"

namespace tools {
namespace {

using engine::Shape;
using kernels::Cuda;
using kernels::ElementwiseSizes;
using kernels::GradientMode;
using kernels::Launch;
using kernels::Type;
using kernels::with_storage;

constexpr GradientMode kFirst = GradientMode::Overwrite;

std::string named(const char* operation, const Shape& shape) {
  return kernels::text(operation, " ", engine::text_of(shape));
}

}  // namespace

KernelCases relu_cases(Type type, const Shape& shape) {
  return with_storage(type, [&](auto tag) -> KernelCases {
    using T = typename decltype(tag)::type;
    const kernels::ReluSizes s{engine::size_of(shape)};
    const auto forward = [=](Cuda cuda, CaseArrays& a) -> Launch {
      const kernels::ReluForward<T> t{.x = a.read<T>(s.size), .y = a.write<T>(s.size)};
      return [=] { relu_forward(cuda, s, t); };
    };
    const auto backward = [=](Cuda cuda, CaseArrays& a) -> Launch {
      const kernels::ReluBackward<T> t{.y = a.read<T>(s.size),
                                       .d_y = a.read<T>(s.size),
                                       .d_x = a.write<T>(s.size),
                                       .mode = kFirst};
      return [=] { relu_backward(cuda, s, t); };
    };
    return {{named("relu", shape), "relu_forward", shape, type, forward},
            {named("relu", shape), "relu_backward", shape, type, backward}};
  });
}

KernelCases sigmoid_cases(Type type, const Shape& shape) {
  return with_storage(type, [&](auto tag) -> KernelCases {
    using T = typename decltype(tag)::type;
    const kernels::SigmoidSizes s{engine::size_of(shape)};
    const auto forward = [=](Cuda cuda, CaseArrays& a) -> Launch {
      const kernels::SigmoidForward<T> t{.x = a.read<T>(s.size), .y = a.write<T>(s.size)};
      return [=] { sigmoid_forward(cuda, s, t); };
    };
    const auto backward = [=](Cuda cuda, CaseArrays& a) -> Launch {
      const kernels::SigmoidBackward<T> t{.y = a.read<T>(s.size),
                                          .d_y = a.read<T>(s.size),
                                          .d_x = a.write<T>(s.size),
                                          .mode = kFirst};
      return [=] { sigmoid_backward(cuda, s, t); };
    };
    return {{named("sigmoid", shape), "sigmoid_forward", shape, type, forward},
            {named("sigmoid", shape), "sigmoid_backward", shape, type, backward}};
  });
}

KernelCases dropout_cases(Type type, const Shape& shape) {
  return with_storage(type, [&](auto tag) -> KernelCases {
    using T = typename decltype(tag)::type;
    const kernels::DropoutSizes s{engine::size_of(shape)};
    return {
        {named("dropout", shape), "dropout", shape, type, [=](Cuda cuda, CaseArrays& a) -> Launch {
           const kernels::Dropout<T> t{.x = a.read<T>(s.size),
                                       .random = a.given<std::uint32_t>({7, 0, 1}),
                                       .y = a.write<T>(s.size),
                                       .probability = 0.5f,
                                       .layer = 0,
                                       .mode = kFirst};
           return [=] { dropout(cuda, s, t); };
         }}};
  });
}

KernelCases fill_cases(Type type, const Shape& shape) {
  return with_storage(type, [&](auto tag) -> KernelCases {
    using T = typename decltype(tag)::type;
    const ElementwiseSizes s{engine::size_of(shape)};
    return {{named("fill", shape), "fill", shape, type, [=](Cuda cuda, CaseArrays& a) -> Launch {
               const kernels::Fill<T> t{.value = 1, .y = a.write<T>(s.size)};
               return [=] { fill(cuda, s, t); };
             }}};
  });
}

KernelCases sum_cases(Type type, const Shape& shape) {
  return with_storage(type, [&](auto tag) -> KernelCases {
    using T = typename decltype(tag)::type;
    const ElementwiseSizes s{engine::size_of(shape)};
    const auto sum = [=](Cuda cuda, CaseArrays& a) -> Launch {
      const kernels::Add<T> t{
          .a = a.read<T>(s.size), .b = a.read<T>(s.size), .y = a.write<T>(s.size)};
      return [=] { add(cuda, s, t); };
    };
    const auto contribution = [=](Cuda cuda, CaseArrays& a) -> Launch {
      const kernels::AddInto<T> t{.x = a.read<T>(s.size), .y = a.update<T>(s.size)};
      return [=] { add_into(cuda, s, t); };
    };
    return {{named("add", shape), "add", shape, type, sum},
            {named("add", shape), "add_into", shape, type, contribution}};
  });
}

KernelCases multiply_cases(Type type, const Shape& shape) {
  return with_storage(type, [&](auto tag) -> KernelCases {
    using T = typename decltype(tag)::type;
    const ElementwiseSizes s{engine::size_of(shape)};
    const auto forward = [=](Cuda cuda, CaseArrays& a) -> Launch {
      const kernels::MultiplyForward<T> t{
          .a = a.read<T>(s.size), .b = a.read<T>(s.size), .y = a.write<T>(s.size)};
      return [=] { multiply_forward(cuda, s, t); };
    };
    const auto backward = [=](Cuda cuda, CaseArrays& a) -> Launch {
      const kernels::MultiplyBackward<T> t{.a = a.read<T>(s.size),
                                           .b = a.read<T>(s.size),
                                           .d_y = a.read<T>(s.size),
                                           .d_a = a.write<T>(s.size),
                                           .d_b = a.write<T>(s.size),
                                           .a_mode = kFirst,
                                           .b_mode = kFirst};
      return [=] { multiply_backward(cuda, s, t); };
    };
    return {{named("multiply", shape), "multiply_forward", shape, type, forward},
            {named("multiply", shape), "multiply_backward", shape, type, backward}};
  });
}

KernelCases convert_cases(Type from, Type to, const Shape& shape) {
  return with_storage(from, [&](auto from_tag) {
    return with_storage(to, [&](auto to_tag) -> KernelCases {
      using From = typename decltype(from_tag)::type;
      using To = typename decltype(to_tag)::type;
      const ElementwiseSizes s{engine::size_of(shape)};
      return {{kernels::text(named("convert", shape), " from ", kernels::name_of(from)), "convert",
               shape, to, [=](Cuda cuda, CaseArrays& a) -> Launch {
                 const kernels::Convert<From, To> t{.x = a.read<From>(s.size),
                                                    .y = a.write<To>(s.size)};
                 return [=] { convert(cuda, s, t); };
               }}};
    });
  });
}

KernelCases bias_cases(Type type, const Shape& y) {
  return with_storage(type, [&](auto tag) -> KernelCases {
    using T = typename decltype(tag)::type;
    const kernels::BiasSizes s{engine::size_of(y) / y.back(), y.back()};
    const long size = engine::size_of(y);
    const auto add = [=](Cuda cuda, CaseArrays& a) -> Launch {
      const kernels::AddBias<T> t{.bias = a.read<float>(s.channels), .y = a.update<T>(size)};
      return [=] { add_bias(cuda, s, t); };
    };
    const auto gradient = [=](Cuda cuda, CaseArrays& a) -> Launch {
      const auto floats = static_cast<long>(bias_workspace_bytes(s) / sizeof(float));
      const kernels::BiasGradient<T> t{.d_y = a.read<T>(size),
                                       .d_bias = a.write<float>(s.channels),
                                       .workspace = a.scratch<float>(floats),
                                       .mode = kFirst};
      return [=] { bias_gradient(cuda, s, t); };
    };
    return {{named("bias", y), "add_bias", y, type, add},
            {named("bias", y), "bias_gradient", y, type, gradient}};
  });
}

}  // namespace tools
