// A trained primary classifier: what it is, and its weights in a safetensors file that PyTorch can
// load into the same torchvision module.
//
// Metadata: model, width, classes, stem, image_height, image_width, stem_relu, dataset,
// class_names (JSON list), normalization_mean, normalization_std (JSON lists), version.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "aux_training/classifier.h"
#include "data/dataset.h"
#include "engine/checkpoint/parameters.h"

namespace aux_training {

inline constexpr float kLeastDeviation = 1e-6f;  // of a normalization

struct ModelDescription {
  ClassifierSettings classifier;  // views = 1
  std::string dataset;
  std::vector<std::string> class_names;
  data::Normalization normalization{};
};

engine::Metadata to_metadata(const ModelDescription&);
// An error names the file and the key that is missing or makes no sense.
ModelDescription describe(const engine::Safetensors&);

// Whether a value belongs to the primary classifier: parameters and running statistics, none of an
// auxiliary classifier.
bool is_primary(const engine::Value&);

void write_primary(const std::filesystem::path&, engine::Session&, const ModelDescription&);

struct Model {
  std::string name;  // as the user gave it
  ModelDescription description;
  engine::Safetensors weights;
};
// A run folder (its primary.safetensors, else its checkpoint) or a .safetensors file.
Model load_model(const std::string& path);

}  // namespace aux_training
