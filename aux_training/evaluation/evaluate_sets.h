// Several models on several sets of images, each image made once for all models.
#pragma once

#include "aux_training/evaluation.h"
#include "aux_training/evaluation/image_sets.h"

namespace aux_training {

struct Candidate {
  Evaluator* evaluator;
  data::Normalization normalization;
};

// errors[set][model][classifier]: the primary one, then the auxiliary ones that the evaluator has.
using SetErrors = std::vector<std::vector<std::vector<Errors>>>;

// `progress` is told how many images all models have seen. An Error where a model takes other
// images.
SetErrors evaluate_sets(const std::vector<Candidate>& models, const TestSet& test,
                        const std::vector<ImageSet>& sets, int threads,
                        const std::function<void(long images)>& progress);

}  // namespace aux_training
