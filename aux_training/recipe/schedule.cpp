#include "aux_training/recipe/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace aux_training {

double learning_rate(const Recipe& recipe, long step, long steps_per_epoch) {
  const ScheduleSettings& schedule = recipe.schedule;
  const double lr = recipe.optimizer.lr;
  const double warmup_steps = schedule.warmup * static_cast<double>(steps_per_epoch);
  const double steps_done = static_cast<double>(step) + 1;
  if (steps_done < warmup_steps) return lr * steps_done / warmup_steps;

  if (schedule.kind == ScheduleKind::Cosine) {
    const double total =
        static_cast<double>(schedule.epochs) * static_cast<double>(steps_per_epoch);
    const double part = (static_cast<double>(step) - warmup_steps) / (total - warmup_steps);
    return lr * (1 + std::cos(std::numbers::pi * std::clamp(part, 0.0, 1.0))) / 2;
  }
  const long epoch = step / steps_per_epoch;
  const auto passed = std::count_if(schedule.milestones.begin(), schedule.milestones.end(),
                                    [&](int milestone) { return milestone <= epoch; });
  return lr * std::pow(schedule.factor, static_cast<double>(passed));
}

double penalty_weight(const Recipe& recipe, long epoch) {
  return epoch >= recipe.method.stage2_epoch ? recipe.method.gamma : 0;
}

}  // namespace aux_training
