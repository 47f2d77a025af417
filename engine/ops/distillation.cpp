#include "engine/ops/distillation.h"

#include "engine/graph/gradients.h"

namespace engine {

Distillation distillation(Program& program, Tensor logits, Tensor labels,
                          const DistillationKnobs& knobs, kernels::Teacher teacher) {
  const Shape shape = program.shape(logits);
  CHECK(shape.size() == 3 && program.type(logits) == Type::Float,
        "distillation: logits must be float [views, images, classes], got ",
        kernels::name_of(program.type(logits)), " ", text_of(shape));
  const int views = shape[0], images = shape[1];
  CHECK(views <= kernels::kMostViews, "distillation: at most ", kernels::kMostViews, " views, got ",
        views);
  CHECK(program.shape(labels) == Shape{images} && program.type(labels) == Type::Int32,
        "distillation: labels must be int32 [", images, "], got ",
        kernels::name_of(program.type(labels)), " ", text_of(program.shape(labels)));
  CHECK(program.shape(knobs.ce_weight) == Shape{views},
        "distillation: expected a cross-entropy weight for each of ", views, " views, got ",
        text_of(program.shape(knobs.ce_weight)));
  for (Tensor knob : {knobs.kl_weight, knobs.temperature}) {
    CHECK(program.shape(knob) == Shape{1}, "distillation: ", program.value(knob).name,
          " must be one number, got ", text_of(program.shape(knob)));
  }

  const Program::Scope scope(program, "distillation");
  const kernels::DistillationSizes sizes{views, images, shape[2], teacher};
  const auto rows = [&](const char* name) {
    return program.activation(name, {views, images}, Type::Float);
  };
  const Tensor row_ce = rows("row_ce"), row_kl = rows("row_kl"), row_correct = rows("row_correct");
  const Tensor d_logits = program.activation("d_logits", shape, Type::Float);
  const Distillation result{.loss = program.result("loss", {1}),
                            .ce_loss = program.result("ce_loss", {views}),
                            .kl_loss = program.result("kl_loss", {views}),
                            .correct = program.result("correct", {views})};
  program.call({.name = "distillation",
                .inputs = {logits, labels, knobs.ce_weight, knobs.kl_weight, knobs.temperature},
                .outputs = {row_ce, row_kl, row_correct, result.loss, result.ce_loss,
                            result.kl_loss, result.correct, d_logits}},
               [=](auto device, const Buffers& b) {
                 const kernels::Distillation arrays{.logits = b.in(0),
                                                    .labels = b.in<std::int32_t>(1),
                                                    .ce_weight = b.in(2),
                                                    .kl_weight = b.in(3),
                                                    .temperature = b.in(4),
                                                    .row_ce = b.out(0),
                                                    .row_kl = b.out(1),
                                                    .row_correct = b.out(2),
                                                    .loss = b.out(3),
                                                    .ce_loss = b.out(4),
                                                    .kl_loss = b.out(5),
                                                    .correct = b.out(6),
                                                    .d_logits = b.out(7)};
                 return [=] { kernels::distillation(device, sizes, arrays); };
               });
  program.gradient(result.loss, [=](Gradients& gradients) {
    if (gradients.wanted(logits)) gradients.contribute(logits, d_logits);
  });
  return result;
}

}  // namespace engine
