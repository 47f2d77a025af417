// Gradients as a program computes them, and as central differences of its losses give them.
#pragma once

#include <vector>

#include "engine/runtime/session.h"
#include "test/support/weighted_sum.h"
#include "tools/auxtrain-bench/op_cases.h"

namespace test {

// The value that holds the gradient of a parameter.
engine::Tensor gradient_of(const engine::Program&, engine::Tensor parameter);

// d(sum of losses)/d(parameter), every element moved up and down by `step`. The session has run at
// least its initialization; it must not update.
std::vector<double> numeric_gradient(engine::Session&, engine::Tensor parameter,
                                     const std::vector<WeightedSum>& losses, float step);

// One operation on its own in a program: arguments, operation, weighted sums of its results.
class OpRun {
 public:
  struct Options {
    engine::Type storage = engine::Type::Float;
    // Every argument also goes into a weighted sum of its own, recorded after the operation: in the
    // backward pass its gradient is there first, and the operation has to add to it.
    bool accumulate = false;
    bool poison = true;
    bool share_activations = true;
    int threads = 2;
    bool recompute = false;
  };
  OpRun(const tools::OpCase&, const Options&);

  std::vector<std::vector<float>> gradients();  // by argument
  // What the sum that Options::accumulate adds contributes to the gradient of that argument.
  std::vector<float> added(size_t argument) const;
  std::vector<std::vector<double>> numeric_gradients(float step);
  engine::Program& program() { return program_; }

 private:
  void fill_arguments();
  tools::OpCase op_;
  kernels::ThreadPool pool_;
  engine::Program program_;
  std::vector<engine::Tensor> parameters_;
  std::vector<WeightedSum> losses_;
  std::unique_ptr<engine::Session> session_;
};

}  // namespace test
