// The networks of a run as programs: one step of training, with auxiliary classifiers and update,
// and the primary classifier alone for inference.
#pragma once

#include <memory>
#include <vector>

#include "engine/graph/program.h"
#include "engine/ops/distillation.h"
#include "engine/ops/weight_penalty.h"
#include "models/backbone.h"

namespace aux_training {

using engine::Program;
using engine::Tensor;

struct ClassifierSettings {
  std::string model = "resnet18";
  models::Stem stem = models::Stem::Cifar;
  int width = 0;  // 0 is the model's own
  int classes = 10;
  int views = 1;   // 1: the primary classifier alone; else views - 1 auxiliary ones
  int images = 1;  // per view and step
  int height = 32, width_pixels = 32;
  bool stem_relu = true, selective_batch_norm = true, attention = true;
  kernels::Teacher teacher = kernels::Teacher::Detached;
  kernels::Merging merging = kernels::Merging::Mean;
  bool recompute = false;  // of a training step: saves memory, costs time, gives the same bits
};

// Records the backbone: images [views, images, height, width, 3] -> features (models/backbone.h).
using RecordFeatures = std::function<Tensor(Program&, Tensor images)>;
RecordFeatures features_of(const ClassifierSettings&);

// What a step trains on; activations or inputs. Two slots each, where they are inputs.
struct Batch {
  Tensor images, labels;  // [views, images, height, width, 3], [images]
};
using RecordBatch = std::function<Batch(Program&)>;
// Inputs, to be written before each step.
Batch input_batch(Program&, const engine::Shape& images);

// One step of training. Knobs and batches are written to inputs before it, losses read after it.
struct TrainingProgram {
  explicit TrainingProgram(engine::ProgramOptions options) : program(options) {}
  Program program;
  Tensor images, labels;
  Tensor ce_weight, kl_weight, temperature, penalty_weight, optimizer, random;  // knobs
  engine::Distillation losses;
  Tensor penalty, head_distance;  // only where there are auxiliary classifiers
};
std::unique_ptr<TrainingProgram> record_training(engine::Device, engine::Type storage,
                                                 const ClassifierSettings&, const RecordFeatures&,
                                                 const RecordBatch&);
// Of batches that are inputs.
std::unique_ptr<TrainingProgram> record_training(engine::Device, engine::Type storage,
                                                 const ClassifierSettings&, const RecordFeatures&);

// Logits of the primary classifier for images of one view, by the running statistics; and of the
// first `heads` auxiliary classifiers for the same features, each by its own statistics. The
// backbone has but one set of them, the clean view's, or without selective batch norm all views'.
struct InferenceProgram {
  explicit InferenceProgram(engine::ProgramOptions options) : program(options) {}
  Program program;
  Tensor images;  // [1, images, height, width, 3]
  Tensor logits;  // [1 + heads, images, classes], float
};
std::unique_ptr<InferenceProgram> record_inference(engine::Device, engine::Type storage,
                                                   const ClassifierSettings&, const RecordFeatures&,
                                                   int heads = 0);

}  // namespace aux_training
