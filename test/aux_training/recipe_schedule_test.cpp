#include <cmath>

#include "aux_training/recipe/schedule.h"
#include "test/support/catch.h"

namespace {

using namespace aux_training;

Recipe recipe_with(ScheduleSettings schedule) {
  Recipe recipe;
  recipe.optimizer.lr = 0.1;
  recipe.schedule = std::move(schedule);
  return recipe;
}

// Rounding of a few operations in double precision.
bool close(double a, double b) { return std::abs(a - b) <= 1e-12; }

}  // namespace

TEST_CASE("schedule: multistep multiplies by the factor at the first step of a milestone") {
  const Recipe recipe = recipe_with({ScheduleKind::Multistep, 5, {2, 4}, 0.1, 0});
  CHECK(learning_rate(recipe, 0, 10) == 0.1);
  CHECK(learning_rate(recipe, 19, 10) == 0.1);
  CHECK(close(learning_rate(recipe, 20, 10), 0.01));
  CHECK(close(learning_rate(recipe, 39, 10), 0.01));
  CHECK(close(learning_rate(recipe, 40, 10), 0.001));
  CHECK(close(learning_rate(recipe, 49, 10), 0.001));
}

TEST_CASE("schedule: cosine falls to half in the middle and almost to zero at the end") {
  const Recipe recipe = recipe_with({ScheduleKind::Cosine, 4, {}, 0.1, 0});
  CHECK(close(learning_rate(recipe, 0, 2), 0.1));
  CHECK(close(learning_rate(recipe, 2, 2), 0.1 * (1 + std::sqrt(0.5)) / 2));
  CHECK(close(learning_rate(recipe, 4, 2), 0.05));
  CHECK(close(learning_rate(recipe, 6, 2), 0.1 * (1 - std::sqrt(0.5)) / 2));
  CHECK(learning_rate(recipe, 7, 2) > 0);
}

TEST_CASE("schedule: the warm-up grows linearly and the rest of the schedule follows") {
  const Recipe multistep = recipe_with({ScheduleKind::Multistep, 5, {2}, 0.5, 0.5});
  CHECK(close(learning_rate(multistep, 0, 8), 0.025));
  CHECK(close(learning_rate(multistep, 1, 8), 0.05));
  CHECK(close(learning_rate(multistep, 3, 8), 0.1));
  CHECK(close(learning_rate(multistep, 4, 8), 0.1));
  CHECK(close(learning_rate(multistep, 16, 8), 0.05));

  const Recipe cosine = recipe_with({ScheduleKind::Cosine, 5, {}, 0.1, 1});
  CHECK(close(learning_rate(cosine, 0, 4), 0.025));
  CHECK(close(learning_rate(cosine, 4, 4), 0.1));
  CHECK(close(learning_rate(cosine, 12, 4), 0.05));
}

TEST_CASE("schedule: the weight penalty begins with stage 2") {
  Recipe recipe;
  recipe.method.gamma = 0.75;
  recipe.method.stage2_epoch = 3;
  CHECK(penalty_weight(recipe, 0) == 0);
  CHECK(penalty_weight(recipe, 2) == 0);
  CHECK(penalty_weight(recipe, 3) == 0.75);
  CHECK(penalty_weight(recipe, 299) == 0.75);
}
