// Softmax cross-entropy of one classifier: loss and gradient in one pass.
#pragma once

#include "engine/graph/program.h"

namespace engine {

struct CrossEntropy {
  Tensor loss;     // Result [1]: weight * mean over rows
  Tensor correct;  // Result [1]: rows whose label has the largest logit
};

// logits [views, images, classes] float, labels [views, images] int32, weight [1] in memory.
// Give `loss` to Program::backward.
CrossEntropy cross_entropy(Program&, Tensor logits, Tensor labels, Tensor weight);

}  // namespace engine
