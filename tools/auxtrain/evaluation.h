// Models, the images they were shown, and what they got wrong.
#pragma once

#include "aux_training/evaluation/corruption_error.h"
#include "aux_training/evaluation/training_cost.h"
#include "data/views.h"
#include "tools/auxtrain/commands.h"

namespace tools {

// One classifier of a model.
struct EvaluatedClassifier {
  std::string name;                       // of its column
  std::string head;                       // what an auxiliary one was trained on; "": the primary
  aux_training::CorruptionErrors errors;  // `clean` always, of corruptions those of Evaluation
  std::vector<aux_training::Errors> views;
};

struct EvaluatedModel {
  std::string name, file;
  aux_training::ModelDescription description;
  std::optional<aux_training::TrainingCost> cost;
  std::vector<EvaluatedClassifier> classifiers;  // the primary one first
};

struct Evaluation {
  std::string dataset;
  long images = 0;                             // of the test set
  std::vector<data::View> views;               // corrupted; of --corruptions training
  std::vector<data::corruptions::Kind> kinds;  // of the benchmark
  std::vector<int> severities;
  std::string source;  // where corrupted images came from
  std::vector<data::corruptions::Kind> published;
  std::optional<aux_training::Baseline> baseline;
  std::vector<EvaluatedModel> models;
  double seconds = 0;
};

// UsageError for options that do not go together, or models of several data sets.
Evaluation evaluation_of(const Evaluate&);

// "resnet20, auxiliary, 300 epochs, 195,000,000 view-images, 3:12:01 of training".
std::string description_of(const EvaluatedModel&);

double mean_error_of_views(const EvaluatedClassifier&);

// For people, and for programs.
std::string tables_of(const Evaluation&);
std::string json_of(const Evaluation&);

}  // namespace tools
