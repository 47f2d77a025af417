#include <cstdio>
#include <filesystem>

#include "aux_training/interrupt.h"
#include "aux_training/report/table.h"
#include "aux_training/trainer.h"
#include "tools/auxtrain/commands.h"

namespace tools {
namespace {

using namespace aux_training;

Recipe recipe_of(const Train& arguments) {
  std::vector<std::string> sets = arguments.sets;
  if (arguments.epochs > 0) sets.push_back(kernels::text("schedule.epochs=", arguments.epochs));
  if (arguments.seed >= 0) sets.push_back(kernels::text("seed=", arguments.seed));
  if (!arguments.precision.empty()) sets.push_back("precision=" + arguments.precision);
  const LoadedRecipe loaded = load_recipe(arguments.recipe, sets);
  if (!arguments.quiet)
    for (const std::string& note : loaded.notes) std::fprintf(stderr, "note: %s\n", note.c_str());
  return loaded.recipe;
}

std::string output_of(const Train& arguments) {
  if (!arguments.output.empty()) return arguments.output;
  return "runs/" + std::filesystem::path(arguments.recipe).stem().string();
}

// What a resumed run trains is what its folder says; a recipe or options given again must agree.
Recipe resumed_recipe(const Train& arguments, const RunFolder& folder) {
  std::vector<std::string> sets = arguments.sets;
  if (arguments.epochs > 0) sets.push_back(kernels::text("schedule.epochs=", arguments.epochs));
  if (arguments.seed >= 0 || !arguments.precision.empty() || !sets.empty())
    throw kernels::UsageError(
        "--resume goes on with the run's own recipe; --set, --epochs, --seed and --precision "
        "cannot change it");
  const Recipe recipe = load_recipe(folder.recipe().string()).recipe;
  if (!arguments.recipe.empty()) {
    Recipe given = load_recipe(arguments.recipe).recipe;
    if (given.model.name != recipe.model.name || given.data.name != recipe.data.name ||
        given.method.name != recipe.method.name)
      throw kernels::UsageError(kernels::text(folder.path().string(), ": holds a run of ",
                                              recipe.model.name, " on ", recipe.data.name, ", not ",
                                              arguments.recipe));
  }
  return recipe;
}

int finish(int signal, const RunFolder& folder) {
  if (signal) return 128 + signal;
  std::printf("%s\n", folder.primary().c_str());
  return 0;
}

}  // namespace

int train(const Train& arguments) {
  refuse_other_devices(arguments.device);
  if (arguments.recipe.empty() && !(arguments.resume && !arguments.output.empty()))
    throw kernels::UsageError(
        "train: name a recipe (see: auxtrain recipes), or a run with --resume --output RUN");
  const TrainOptions options{.threads = threads_or_all(arguments.threads),
                             .quiet = arguments.quiet};
  const auto dataset_of = [&](const Recipe& recipe) {
    require_supported(recipe);
    return data::load_dataset(recipe.data.name, data::data_directory(arguments.data));
  };
  note_interrupts();
  if (arguments.resume) {
    const RunFolder folder = RunFolder::resume(output_of(arguments));
    const Recipe recipe = resumed_recipe(arguments, folder);
    const Checkpoint checkpoint = read_checkpoint(folder.checkpoint());
    Trainer trainer(recipe, dataset_of(recipe), options);
    trainer.resume(checkpoint);
    return finish(trainer.run(folder), folder);
  }
  const Recipe recipe = recipe_of(arguments);
  Trainer trainer(recipe, dataset_of(recipe), options);
  const RunFolder folder = RunFolder::create(output_of(arguments));
  write_text_file(folder.recipe(), to_json(recipe) + "\n");
  write_text_file(folder.environment(), trainer.environment_json());
  return finish(trainer.run(folder), folder);
}

}  // namespace tools
