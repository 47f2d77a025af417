#include "engine/ops/sgd.h"

#include "engine/runtime/planner.h"
#include "kernels/sgd/sgd.h"

namespace engine {

void sgd(Program& program, Tensor knobs) {
  CHECK(program.shape(knobs) == Shape{kernels::kSgdKnobs}, "sgd: knobs must be [",
        int{kernels::kSgdKnobs}, "], got ", text_of(program.shape(knobs)));
  // The flat arrays hold every parameter and the gaps that align them; in the gaps all is 0.
  std::size_t bytes = 0;
  const int count = static_cast<int>(program.values().size());
  for (int id = 0; id < count; ++id) {
    const Value& value = program.value({id});
    if (value.role != Role::Parameter || value.alias_of >= 0 || value.whole) continue;
    bytes += aligned(value.bytes());
    program.momentum({id});
  }
  CHECK(bytes > 0, "sgd: the program has no parameters");

  const kernels::SgdSizes sizes{static_cast<long>(bytes / sizeof(float))};
  program.call({.name = "sgd",
                .inputs = {program.whole(Role::Gradient), knobs},
                .outputs = {program.whole(Role::Parameter), program.whole(Role::Momentum)}},
               [=](auto device, const Buffers& b) {
                 const kernels::Sgd arrays{
                     .d_w = b.in(0), .knobs = b.in(1), .w = b.out(0), .m = b.out(1)};
                 return [=] { kernels::sgd(device, sizes, arrays); };
               });
}

}  // namespace engine
