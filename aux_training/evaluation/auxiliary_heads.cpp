#include "aux_training/evaluation/auxiliary_heads.h"

#include "aux_training/recipe/views.h"
#include "aux_training/report/run_folder.h"

namespace aux_training {

ModelWithHeads load_with_heads(const std::string& run) {
  if (!std::filesystem::is_directory(run))
    throw kernels::UsageError(run + ": --per-head needs a run folder, whose checkpoint has the " +
                              "auxiliary classifiers");
  const std::filesystem::path path = RunFolder::open(run).checkpoint();
  if (!std::filesystem::exists(path))
    throw kernels::UsageError(run + ": --per-head needs its checkpoint.safetensors");
  engine::Safetensors weights = engine::Safetensors::read(path);
  ModelDescription description = describe(weights);
  const Recipe recipe = parse_recipe(weights.metadata("recipe"), path.string()).recipe;
  description.classifier.attention = recipe.method.attention;
  std::vector<data::View> views = views_of(recipe);
  views.erase(views.begin());  // the clean one is the primary classifier's
  return {{run, std::move(description), std::move(weights)}, std::move(views)};
}

}  // namespace aux_training
