#include "engine/ops/pooling.h"

#include <algorithm>

#include "engine/graph/gradients.h"
#include "kernels/pooling/average_pooling.h"
#include "kernels/pooling/global_average.h"
#include "kernels/pooling/max_pooling.h"

namespace engine {
namespace {

using kernels::GlobalAverageSizes;
using kernels::PoolingSizes;

const Shape& check_images(const Program& program, const char* name, Tensor x) {
  const Shape& shape = program.shape(x);
  CHECK(shape.size() == 5, name, ": expected [views, images, height, width, channels], got ",
        text_of(shape));
  return shape;
}

PoolingSizes check_sizes(const Program& program, const char* name, Tensor x,
                         PoolingOptions options) {
  const Shape& in = check_images(program, name, x);
  CHECK(options.kernel >= 1 && options.kernel <= 15, name,
        ": the kernel must be 1 .. 15 pixels wide, got ", options.kernel);
  CHECK(options.stride >= 1, name, ": the stride must be at least 1, got ", options.stride);
  CHECK(options.padding >= 0 && 2 * options.padding <= options.kernel, name,
        ": the padding must be 0 .. half the kernel (", options.kernel, "), got ", options.padding);
  CHECK(std::min(in[2], in[3]) + 2 * options.padding >= options.kernel, name, ": a window of ",
        options.kernel, " pixels does not fit into ", text_of(in));
  return {in[0] * in[1], in[2], in[3], in[4], options.kernel, options.stride, options.padding};
}

Shape pooled(const Program& program, Tensor x, const PoolingSizes& sizes) {
  const Shape& in = program.shape(x);
  return {in[0], in[1], sizes.out_height(), sizes.out_width(), in[4]};
}

}  // namespace

Tensor max_pool(Program& program, Tensor x, PoolingOptions options) {
  const PoolingSizes sizes = check_sizes(program, "max_pool", x, options);
  const Tensor y = program.activation("y", pooled(program, x, sizes), program.type(x));
  const Tensor argmax = program.activation("argmax", program.shape(y), Type::UInt8);
  kernels::with_storage(program.type(x), [&](auto tag) {
    using T = typename decltype(tag)::type;
    program.call({.name = "max_pooling_forward",
                  .inputs = {x},
                  .outputs = {y, argmax},
                  .attributes = {{"kernel", options.kernel},
                                 {"stride", options.stride},
                                 {"padding", options.padding}}},
                 [=](auto device, const Buffers& b) {
                   const kernels::MaxPoolingForward<T> arrays{
                       .x = b.in<T>(0), .y = b.out<T>(0), .argmax = b.out<std::uint8_t>(1)};
                   return [=] { kernels::max_pooling_forward(device, sizes, arrays); };
                 });
    program.gradient(y, [=, &program](Gradients& gradients) {
      if (!gradients.wanted(x)) return;
      const Tensor d_y = gradients.of(y);
      const Gradients::Target d_x = gradients.target(x);
      program.call(
          {.name = "max_pooling_backward", .inputs = {d_y, argmax}, .outputs = {d_x.gradient}},
          [=](auto device, const Buffers& b) {
            const kernels::MaxPoolingBackward<T> arrays{.d_y = b.in<T>(0),
                                                        .argmax = b.in<std::uint8_t>(1),
                                                        .d_x = b.out<T>(0),
                                                        .mode = d_x.mode};
            return [=] { kernels::max_pooling_backward(device, sizes, arrays); };
          });
    });
  });
  return y;
}

Tensor average_pool(Program& program, Tensor x, PoolingOptions options) {
  const PoolingSizes sizes = check_sizes(program, "average_pool", x, options);
  const Tensor y = program.activation("y", pooled(program, x, sizes), program.type(x));
  kernels::with_storage(program.type(x), [&](auto tag) {
    using T = typename decltype(tag)::type;
    program.call({.name = "average_pooling_forward", .inputs = {x}, .outputs = {y}},
                 [=](auto device, const Buffers& b) {
                   const kernels::AveragePoolingForward<T> arrays{.x = b.in<T>(0),
                                                                  .y = b.out<T>(0)};
                   return [=] { kernels::average_pooling_forward(device, sizes, arrays); };
                 });
    program.gradient(y, [=, &program](Gradients& gradients) {
      if (!gradients.wanted(x)) return;
      const Tensor d_y = gradients.of(y);
      const Gradients::Target d_x = gradients.target(x);
      program.call({.name = "average_pooling_backward", .inputs = {d_y}, .outputs = {d_x.gradient}},
                   [=](auto device, const Buffers& b) {
                     const kernels::AveragePoolingBackward<T> arrays{
                         .d_y = b.in<T>(0), .d_x = b.out<T>(0), .mode = d_x.mode};
                     return [=] { kernels::average_pooling_backward(device, sizes, arrays); };
                   });
    });
  });
  return y;
}

Tensor global_average_pool(Program& program, Tensor x) {
  const Shape& in = check_images(program, "global_average_pool", x);
  const GlobalAverageSizes sizes{in[0] * in[1], in[2], in[3], in[4]};
  const Shape out{in[0], in[1], in[4]};
  const Tensor y = program.activation("y", out, Type::Float);
  kernels::with_storage(program.type(x), [&](auto tag) {
    using T = typename decltype(tag)::type;
    program.call({.name = "global_average_forward", .inputs = {x}, .outputs = {y}},
                 [=](auto device, const Buffers& b) {
                   const kernels::GlobalAverageForward<T> arrays{.x = b.in<T>(0), .y = b.out(0)};
                   return [=] { kernels::global_average_forward(device, sizes, arrays); };
                 });
    program.gradient(y, [=, &program](Gradients& gradients) {
      if (!gradients.wanted(x)) return;
      const Tensor d_y = gradients.of(y);
      const Gradients::Target d_x = gradients.target(x);
      program.call({.name = "global_average_backward", .inputs = {d_y}, .outputs = {d_x.gradient}},
                   [=](auto device, const Buffers& b) {
                     const kernels::GlobalAverageBackward<T> arrays{
                         .d_y = b.in(0), .d_x = b.out<T>(0), .mode = d_x.mode};
                     return [=] { kernels::global_average_backward(device, sizes, arrays); };
                   });
    });
  });
  return y;
}

}  // namespace engine
