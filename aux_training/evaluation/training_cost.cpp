#include "aux_training/evaluation/training_cost.h"

#include "aux_training/checkpoint.h"
#include "aux_training/recipe/views.h"
#include "aux_training/report/log.h"
#include "aux_training/report/run_folder.h"

namespace aux_training {

std::optional<TrainingCost> training_cost(const Model& model) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (!fs::is_directory(model.name, ignored)) return {};
  const RunFolder run = RunFolder::open(model.name);
  if (!fs::exists(run.recipe(), ignored) || !fs::exists(run.log(), ignored)) return {};
  const Recipe recipe = load_recipe(run.recipe().string()).recipe;

  // A checkpoint says where it stands; the log may be ahead of it.
  Position position{.epoch = recipe.schedule.epochs, .step = 0, .sums = {}};
  if (model.weights.metadata().contains("position"))
    position = parse_position(model.weights.metadata("position"), model.weights.path().string());
  TrainingCost cost{.method = name_of(recipe.method.name)};
  for (const EpochRecord& epoch : read_epochs(run.log())) {
    if (epoch.epoch > position.epoch) break;
    cost.epochs = epoch.epoch;
    cost.steps = epoch.step;
    cost.seconds += epoch.seconds;
  }
  cost.steps += position.step;
  cost.seconds += position.sums.seconds;
  cost.view_images = cost.steps * recipe.data.batch * static_cast<long>(views_of(recipe).size());
  return cost;
}

}  // namespace aux_training
