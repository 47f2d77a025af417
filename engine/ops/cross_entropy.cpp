#include "engine/ops/cross_entropy.h"

#include "engine/graph/gradients.h"
#include "kernels/cross_entropy/cross_entropy.h"

namespace engine {

CrossEntropy cross_entropy(Program& program, Tensor logits, Tensor labels, Tensor weight) {
  const Shape shape = program.shape(logits);
  CHECK(shape.size() == 3 && program.type(logits) == Type::Float,
        "cross_entropy: logits must be float [views, images, classes], got ",
        kernels::name_of(program.type(logits)), " ", text_of(shape));
  const Shape rows{shape[0], shape[1]};
  CHECK(program.shape(labels) == rows && program.type(labels) == Type::Int32,
        "cross_entropy: labels must be int32 ", text_of(rows), ", got ",
        kernels::name_of(program.type(labels)), " ", text_of(program.shape(labels)));
  CHECK(program.shape(weight) == Shape{1}, "cross_entropy: the weight must be one number, got ",
        text_of(program.shape(weight)));

  const kernels::CrossEntropySizes sizes{shape[0] * shape[1], shape[2]};
  const Tensor row_loss = program.activation("row_loss", rows, Type::Float);
  const Tensor row_correct = program.activation("row_correct", rows, Type::Float);
  const CrossEntropy result{program.result("loss", {1}), program.result("correct", {1})};
  Tensor d_logits;
  if (program.training()) d_logits = program.activation("d_logits", shape, Type::Float);
  program.call({.name = "cross_entropy",
                .inputs = {logits, labels, weight},
                .outputs = {row_loss, row_correct, result.loss, result.correct, d_logits}},
               [=](auto device, const Buffers& b) {
                 const kernels::CrossEntropy arrays{.logits = b.in(0),
                                                    .labels = b.in<std::int32_t>(1),
                                                    .weight = b.in(2),
                                                    .row_loss = b.out(0),
                                                    .row_correct = b.out(1),
                                                    .loss = b.out(2),
                                                    .correct = b.out(3),
                                                    .d_logits = b.out(4)};
                 return [=] { kernels::cross_entropy(device, sizes, arrays); };
               });
  program.gradient(result.loss, [=](Gradients& gradients) {
    if (gradients.wanted(logits)) gradients.contribute(logits, d_logits);
  });
  return result;
}

}  // namespace engine
