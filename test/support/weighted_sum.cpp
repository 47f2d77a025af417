#include "test/support/weighted_sum.h"

#include <memory>
#include <vector>

#include "engine/graph/gradients.h"
#include "kernels/base/bfloat16.h"
#include "test/support/random_array.h"

namespace test {

using engine::Buffers;
using engine::Gradients;
using engine::Launch;
using engine::Program;
using engine::Tensor;

WeightedSum weighted_sum(Program& program, Tensor y, std::uint32_t seed, long skip) {
  const long size = engine::size_of(program.shape(y));
  const auto all = random_array<float>(skip + size, seed);
  const auto weights = std::make_shared<const std::vector<float>>(all.begin() + skip, all.end());
  const WeightedSum sum{program.state("weighted_sum", {1}), program.state("rest", {1})};
  const auto record = [&](auto tag) {
    using T = typename decltype(tag)::type;
    program.call({.name = "weighted_sum", .inputs = {y}, .outputs = {sum.loss, sum.rest}},
                 [=](auto, const Buffers& b) -> Launch {
                   return [=, numbers = b.in<T>(0), loss = b.out(0), rest = b.out(1)] {
                     double total = 0;
                     for (size_t i = 0; i < weights->size(); ++i)
                       total += double{(*weights)[i]} * double{static_cast<float>(numbers[i])};
                     *loss = static_cast<float>(total);
                     *rest = static_cast<float>(total - double{*loss});
                   };
                 });
    program.gradient(sum.loss, [=, &program](Gradients& gradients) {
      if (!gradients.wanted(y)) return;
      const Gradients::Target d_y = gradients.target(y);
      program.call({.name = "weighted_sum_backward", .outputs = {d_y.gradient}},
                   [=](auto, const Buffers& b) -> Launch {
                     const bool add = d_y.mode == engine::GradientMode::Accumulate;
                     return [=, to = b.out<T>(0)] {
                       for (size_t i = 0; i < weights->size(); ++i)
                         to[i] = T((add ? static_cast<float>(to[i]) : 0.0f) + (*weights)[i]);
                     };
                   });
    });
  };
  kernels::with_storage(program.type(y), record);
  return sum;
}

}  // namespace test
