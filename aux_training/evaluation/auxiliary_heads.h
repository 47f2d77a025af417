// A run's auxiliary classifiers, for evaluation. primary.safetensors has dropped them; the run's
// checkpoint has their parameters and running statistics.
#pragma once

#include "aux_training/model_file.h"
#include "data/views.h"

namespace aux_training {

struct ModelWithHeads {
  Model model;                    // as an Evaluator with views.size() heads needs it
  std::vector<data::View> views;  // what each head was trained on; none in a standard run
};

// A run folder. UsageError for anything else.
ModelWithHeads load_with_heads(const std::string& run);

}  // namespace aux_training
