// What changes with time in a run, as pure functions of the recipe and the step.
#pragma once

#include "aux_training/recipe/recipe.h"

namespace aux_training {

// The learning rate of step 0, 1, 2, ... of the whole run. With e = step / steps_per_epoch:
//   multistep  lr * factor^k, k = the number of milestones <= floor(e)
//   cosine     lr * (1 + cos(pi * (e - warmup) / (epochs - warmup))) / 2, changing every step
//              (Loshchilov and Hutter, SGDR, 2017, one cycle)
//   warm-up    the first n = warmup * steps_per_epoch steps: lr * (step + 1) / n
//              (Goyal et al., Accurate, Large Minibatch SGD, 2017)
double learning_rate(const Recipe& recipe, long step, long steps_per_epoch);

// The coefficient of the weight penalty in an epoch 0, 1, 2, ...: 0 in stage 1, then gamma.
double penalty_weight(const Recipe& recipe, long epoch);

}  // namespace aux_training
