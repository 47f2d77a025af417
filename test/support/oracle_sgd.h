// torch.optim.SGD's rule, with dampening 0, as its documentation writes it down.
#pragma once

#include <vector>

#include "kernels/sgd/sgd.h"

namespace test {

inline void oracle_sgd(std::vector<double>& w, std::vector<double>& m,
                       const std::vector<double>& d_w, const std::vector<float>& knobs,
                       bool first) {
  using namespace kernels;
  for (std::size_t i = 0; i < w.size(); ++i) {
    double g = d_w[i] + knobs[kWeightDecay] * w[i];
    if (knobs[kMomentum] != 0) {
      m[i] = first ? g : knobs[kMomentum] * m[i] + g;
      g = knobs[kNesterov] != 0 ? g + knobs[kMomentum] * m[i] : m[i];
    }
    w[i] -= knobs[kLearningRate] * g;
  }
}

}  // namespace test
