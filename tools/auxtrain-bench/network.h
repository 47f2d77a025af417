// The program of a workload, whichever kind it is, and its memory filled with plausible numbers.
#pragma once

#include <memory>

#include "aux_training/batches.h"
#include "engine/runtime/session.h"
#include "tools/auxtrain-bench/measured.h"

namespace tools {

class Network {
 public:
  // On the GPU, where one is given, a training step makes its own batches.
  Network(kernels::ThreadPool&, const Workload&, const kernels::Gpu* gpu = nullptr);
  const engine::Program& program() const {
    return training ? training->program : inference->program;
  }

  std::unique_ptr<aux_training::TrainingProgram> training;  // one of these two
  std::unique_ptr<aux_training::InferenceProgram> inference;
  std::unique_ptr<engine::Session> session;

  // The slot that the i-th step takes, ready for it.
  int slot(int i) { return batches_ ? batches_->wait() : i % 2; }

 private:
  data::Dataset dataset_;
  std::unique_ptr<aux_training::Batches> batches_;
  kernels::AlgorithmChoices algorithms_;  // timed anew on a CPU, as in a first training
};

// Numbers in [-2, 2) in every slot of an input.
void fill(engine::Session&, engine::Tensor input);

}  // namespace tools
