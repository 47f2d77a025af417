#include "aux_training/classifier.h"

#include "aux_training/auxiliary_classifier.h"
#include "engine/ops/pooling.h"
#include "engine/ops/sgd.h"
#include "engine/ops/slice.h"
#include "kernels/sgd/sgd.h"

namespace aux_training {
namespace {

using engine::LinearParameters;
using engine::Type;

const models::Backbone& backbone_of(const ClassifierSettings& settings) {
  return models::find_backbone(settings.model, settings.stem);
}

// Features of some views -> [views, images, channels], float.
Tensor pooled(Program& program, Tensor features) {
  const bool is_map = program.shape(features).size() == 5;
  return is_map ? engine::global_average_pool(program, features) : features;
}

// Pooled features of one view -> its slice of all logits.
LinearParameters classify(Program& program, const std::string& name, Tensor features, Tensor logits,
                          int view) {
  const int channels = program.shape(features)[2], classes = program.shape(logits)[2];
  const LinearParameters fc = engine::linear_parameters(program, name, channels, classes);
  engine::linear(program, features, fc.weight, fc.bias,
                 engine::slice_views(program, logits, view, 1));
  return fc;
}

}  // namespace

RecordFeatures features_of(const ClassifierSettings& settings) {
  const models::Backbone backbone = backbone_of(settings);
  const models::BackboneOptions options{.stem = settings.stem,
                                        .width = settings.width,
                                        .stem_relu = settings.stem_relu,
                                        .selective = settings.selective_batch_norm};
  return [=](Program& program, Tensor images) { return backbone.record(program, images, options); };
}

Batch input_batch(Program& program, const engine::Shape& images) {
  return {.images = program.input("images", images, program.storage(), 2),
          .labels = program.input("labels", {images[1]}, Type::Int32, 2)};
}

std::unique_ptr<TrainingProgram> record_training(engine::Device device, Type storage,
                                                 const ClassifierSettings& settings,
                                                 const RecordFeatures& record_features,
                                                 const RecordBatch& record_batch) {
  const auto [views, images, classes] =
      std::tuple(settings.views, settings.images, settings.classes);
  if (views > 1 && !backbone_of(settings).has_feature_map)
    throw kernels::UsageError(kernels::text(
        "model: auxiliary classifiers need a feature map, which ", settings.model, " with stem ",
        name_of(settings.stem), " does not have; expected method.name standard"));
  auto result =
      std::make_unique<TrainingProgram>(engine::ProgramOptions{.device = device,
                                                               .mode = engine::Mode::Training,
                                                               .storage = storage,
                                                               .recompute = settings.recompute});
  TrainingProgram& r = *result;
  Program& program = r.program;
  const Batch batch = record_batch(program);
  r.images = batch.images;
  r.labels = batch.labels;
  r.ce_weight = program.input("ce_weight", {views});
  r.kl_weight = program.input("kl_weight", {1});
  r.temperature = program.input("temperature", {1});
  r.penalty_weight = program.input("penalty_weight", {1});
  r.optimizer = program.input("optimizer", {kernels::kSgdKnobs});
  r.random = program.random();

  const Tensor features = record_features(program, r.images);
  const Tensor logits = program.activation("logits", {views, images, classes}, Type::Float);
  const Tensor clean = pooled(program, engine::slice_views(program, features, 0, 1));
  const LinearParameters primary =
      classify(program, backbone_of(settings).classifier, clean, logits, 0);
  std::vector<LinearParameters> heads;
  for (int view = 1; view < views; ++view) {
    const std::string name = kernels::text("auxiliary.", view);
    const Tensor corrupted = auxiliary_features(
        program, name, engine::slice_views(program, features, view, 1), settings.attention);
    heads.push_back(classify(program, name + ".fc", corrupted, logits, view));
  }

  r.losses = engine::distillation(
      program, logits, r.labels,
      {.ce_weight = r.ce_weight, .kl_weight = r.kl_weight, .temperature = r.temperature},
      settings.teacher);
  std::vector<Tensor> losses{r.losses.loss};
  if (!heads.empty()) {
    const engine::WeightPenalty penalty =
        engine::weight_penalty(program, primary, heads, r.penalty_weight, settings.merging);
    r.penalty = penalty.loss;
    r.head_distance = penalty.distance;
    losses.push_back(penalty.loss);
  }
  program.backward(losses);
  engine::sgd(program, r.optimizer);
  return result;
}

std::unique_ptr<TrainingProgram> record_training(engine::Device device, Type storage,
                                                 const ClassifierSettings& s,
                                                 const RecordFeatures& record_features) {
  return record_training(device, storage, s, record_features, [&](Program& program) {
    return input_batch(program, {s.views, s.images, s.height, s.width_pixels, 3});
  });
}

std::unique_ptr<InferenceProgram> record_inference(engine::Device device, Type storage,
                                                   const ClassifierSettings& settings,
                                                   const RecordFeatures& record_features,
                                                   int heads) {
  auto result = std::make_unique<InferenceProgram>(engine::ProgramOptions{
      .device = device, .mode = engine::Mode::Inference, .storage = storage});
  InferenceProgram& r = *result;
  r.images = r.program.input(
      "images", {1, settings.images, settings.height, settings.width_pixels, 3}, storage);
  const Tensor features = record_features(r.program, r.images);
  r.logits = r.program.result("logits", {1 + heads, settings.images, settings.classes});
  classify(r.program, backbone_of(settings).classifier, pooled(r.program, features), r.logits, 0);
  for (int head = 1; head <= heads; ++head) {
    const std::string name = kernels::text("auxiliary.", head);
    const Tensor own = auxiliary_features(r.program, name, features, settings.attention);
    classify(r.program, name + ".fc", own, r.logits, head);
  }
  return result;
}

}  // namespace aux_training
