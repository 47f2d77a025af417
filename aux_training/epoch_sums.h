// What the line of an epoch in the log is made of, gathered step by step.
#pragma once

#include <string>
#include <vector>

#include "aux_training/classifier.h"
#include "aux_training/report/log.h"
#include "engine/runtime/session.h"

namespace aux_training {

struct EpochSums {
  std::vector<double> ce, kl, correct;  // by view
  double penalty = 0, loss = 0, seconds = 0;
  std::vector<float> head_distance = {};  // after the last step, by auxiliary classifier

  // The results of a step of `views` views; `loss` has the penalty in it.
  void add(engine::Session&, const TrainingProgram&, size_t views, double loss, double penalty);

  // Means over `steps` of `batch` images; without epoch, step, learning rate and test accuracy.
  EpochRecord means(const std::vector<std::string>& views, long steps, int batch) const;
};

}  // namespace aux_training
