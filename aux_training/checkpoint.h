// Everything to go on with a run bit for bit, in one safetensors file: weights, momentum and
// running statistics by name, and in the metadata where the run stands, its recipe and its model.
#pragma once

#include <filesystem>
#include <optional>

#include "aux_training/algorithms.h"
#include "aux_training/epoch_sums.h"
#include "aux_training/model_file.h"

namespace aux_training {

struct Position {
  int epoch = 0;   // epochs completed
  int step = 0;    // steps completed in the running one
  EpochSums sums;  // of its steps
};

// `algorithms`: those that the step was recorded with; null where they were chosen by rule.
void write_checkpoint(const std::filesystem::path&, engine::Session&, const ModelDescription&,
                      const std::string& recipe_json, const Position&,
                      const Algorithms* algorithms = nullptr);

struct Checkpoint {
  engine::Safetensors file;
  std::string recipe_json;
  Position position;
  std::optional<Algorithms> algorithms;
};
// The metadata "position"; `source` is named where it makes no sense.
Position parse_position(const std::string& text, const std::string& source);
Checkpoint read_checkpoint(const std::filesystem::path&);
// Fills the session's parameters, momentum and states.
void restore(engine::Session&, const Checkpoint&);

}  // namespace aux_training
