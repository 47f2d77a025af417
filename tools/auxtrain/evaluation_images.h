// The images that `evaluate` and `baseline` show to models, as their options name them.
#pragma once

#include <optional>

#include "aux_training/evaluation/array_folder.h"
#include "aux_training/evaluation/picture_folder.h"
#include "tools/auxtrain/commands.h"

namespace tools {

class EvaluationImages {
 public:
  // UsageError for options that do not go together. `side`: of the models' images.
  EvaluationImages(const Evaluate&, const std::string& dataset, int side);

  const aux_training::TestSet& test() const;
  const std::vector<data::View>& views() const { return views_; }  // corrupted; of `training`
  // Of the 19 corruptions; none with `none` and `training`.
  const std::vector<data::corruptions::Kind>& kinds() const { return kinds_; }
  const std::vector<int>& severities() const { return severities_; }

  // Clean, then all views, or all severities of the first kind, of the second, ...
  std::vector<aux_training::ImageSet> sets();

  // Once all sets have been read:
  std::string source() const;  // where the corrupted images came from, in a few words
  std::vector<data::corruptions::Kind> published() const;  // arrays that are the published ones
  void warn() const;                                       // on stderr, where pictures did not fit

 private:
  aux_training::ImageSet corrupted_set(data::corruptions::Kind, int severity);

  std::string corruptions_;
  const data::corruptions::FrostTextures* frost_ = nullptr;  // of `generate`
  std::vector<data::View> views_;
  std::vector<data::corruptions::Kind> kinds_;
  std::vector<int> severities_;
  data::Dataset dataset_;  // but for imagenet
  aux_training::TestSet test_;
  std::optional<aux_training::ArrayFolder> arrays_;
  std::optional<aux_training::PictureFolder> pictures_;
};

}  // namespace tools
