// The program of a workload, whichever kind it is, and its memory filled with plausible numbers.
#pragma once

#include <memory>

#include "aux_training/classifier.h"
#include "engine/runtime/session.h"
#include "tools/auxtrain-bench/measured.h"

namespace tools {

class Network {
 public:
  Network(kernels::ThreadPool&, const Workload&);
  const engine::Program& program() const {
    return training ? training->program : inference->program;
  }

  std::unique_ptr<aux_training::TrainingProgram> training;  // one of these two
  std::unique_ptr<aux_training::InferenceProgram> inference;
  std::unique_ptr<engine::Session> session;

 private:
  kernels::AlgorithmChoices algorithms_;  // timed anew, as in the first training of a recipe
};

// Numbers in [-2, 2) in every slot of an input.
void fill(engine::Session&, engine::Tensor input);

}  // namespace tools
