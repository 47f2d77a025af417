// The auxiliary classifiers: one per corruption, on the last feature map; trained, then dropped.
//
//   attention   features * sigmoid(BN(transposed conv 3x3(ReLU(BN(conv 3x3(features))))))
//   bottleneck  conv 1x1 C->C/2, conv 3x3 without padding, conv 1x1 C/2->C, each with BN and ReLU
//   classifier  global average pool, linear C->classes of the primary classifier's shape
//
// Zhang et al.: Auxiliary Training (CVPR 2020), section 3.3 and figure 1.
#pragma once

#include <string>

#include "engine/layers/layers.h"

namespace aux_training {

// features [1, images, height, width, channels], one view -> the classifier's features
// [1, images, channels], float. Named below `name`. Without attention there is no gate (the
// ablation of Table 9).
engine::Tensor auxiliary_features(engine::Program&, const std::string& name,
                                  engine::Tensor features, bool attention);

}  // namespace aux_training
