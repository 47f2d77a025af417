// What a model's training has taken. It stands beside the model's errors, since methods differ in
// how many images a step sees.
#pragma once

#include <optional>
#include <string>

#include "aux_training/model_file.h"

namespace aux_training {

struct TrainingCost {
  std::string method;    // "auxiliary"
  int epochs = 0;        // completed
  long steps = 0;        // those of an unfinished epoch too
  long view_images = 0;  // seen: steps x clean images of a batch x views
  double seconds = 0;    // of training steps, without evaluations
};

// Of a model that was loaded from its run folder: by the folder's recipe.json and log.jsonl. None
// where it was loaded from a file, or these are missing.
std::optional<TrainingCost> training_cost(const Model&);

}  // namespace aux_training
