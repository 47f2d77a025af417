#include <cstdio>
#include <filesystem>

#include "aux_training/algorithms.h"
#include "aux_training/interrupt.h"
#include "aux_training/report/table.h"
#include "aux_training/trainer.h"
#include "tools/auxtrain/commands.h"

namespace tools {
namespace {

using namespace aux_training;

std::vector<std::string> sets_of(const Train& arguments) {
  std::vector<std::string> sets = arguments.sets;
  if (arguments.epochs > 0) sets.push_back(kernels::text("schedule.epochs=", arguments.epochs));
  if (arguments.seed >= 0) sets.push_back(kernels::text("seed=", arguments.seed));
  if (!arguments.precision.empty()) sets.push_back("precision=" + arguments.precision);
  return sets;
}

Recipe recipe_of(const Train& arguments) {
  const LoadedRecipe loaded = load_recipe(arguments.recipe, sets_of(arguments));
  if (!arguments.quiet)
    for (const std::string& note : loaded.notes) std::fprintf(stderr, "note: %s\n", note.c_str());
  return loaded.recipe;
}

std::string output_of(const Train& arguments) {
  if (!arguments.output.empty()) return arguments.output;
  return "runs/" + std::filesystem::path(arguments.recipe).stem().string();
}

// The run's folder gets a recipe.json of its own.
void require_other_recipe(const Train& arguments) {
  std::error_code ignored;
  const std::filesystem::path own = std::filesystem::path(output_of(arguments)) / "recipe.json";
  if (std::filesystem::equivalent(arguments.recipe, own, ignored))
    throw kernels::UsageError(kernels::text(arguments.recipe,
                                            ": the run would replace it by its "
                                            "own recipe.json; give another --output"));
}

// What a resumed run trains is what its folder says; a recipe or options given again must agree.
Recipe resumed_recipe(const Train& arguments, const RunFolder& folder) {
  const std::string own = folder.recipe().string();
  const Recipe recipe = load_recipe(own).recipe;
  const std::string named = arguments.recipe.empty() ? own : arguments.recipe;
  Recipe given = load_recipe(named, sets_of(arguments)).recipe;
  if (given.precision == Precision::Auto) given.precision = recipe.precision;
  if (given.model.name != recipe.model.name || given.data.name != recipe.data.name ||
      given.method.name != recipe.method.name)
    throw kernels::UsageError(kernels::text(folder.path().string(), ": holds a run of ",
                                            recipe.model.name, " on ", recipe.data.name, ", ",
                                            name_of(recipe.method.name), ", not ", named));
  const std::string difference = first_difference(given, recipe);
  if (!difference.empty())
    throw kernels::UsageError(
        "--resume goes on with the run's own recipe, which needs not be named and cannot be "
        "changed: " +
        difference);
  return recipe;
}

// Where a resumed run stands, for whoever waits.
void print_position(const Position& position, const Recipe& recipe, const RunFolder& folder) {
  if (position.epoch == recipe.schedule.epochs)
    std::fprintf(stderr, "%s: all %d epochs are done\n", folder.path().c_str(), position.epoch);
  else
    std::fprintf(stderr, "%s: goes on in epoch %d after %d steps\n", folder.path().c_str(),
                 position.epoch + 1, position.step);
}

// Whether the rest of a resumed run computes as the run did where it was stopped.
void print_if_other(const kernels::AlgorithmChoices& algorithms, const Checkpoint& checkpoint) {
  if (!checkpoint.algorithms || algorithms.by_work() == *checkpoint.algorithms) return;
  std::fprintf(stderr,
               "note: this device does not have all algorithms of the checkpoint and takes others: "
               "the run is no longer bit for bit the one that was begun\n");
}

int finish(int signal, const RunFolder& folder) {
  if (signal) return 128 + signal;
  std::printf("%s\n", folder.primary().c_str());
  return 0;
}

}  // namespace

int train(const Train& arguments) {
  const std::unique_ptr<kernels::Gpu> gpu = gpu_of(arguments.device);
  if (arguments.recipe.empty() && !(arguments.resume && !arguments.output.empty()))
    throw kernels::UsageError(
        "train: name a recipe (see: auxtrain recipes), or a run with --resume --output RUN");
  kernels::AlgorithmChoices algorithms(known_algorithms(gpu.get()));
  TrainOptions options{.algorithms = &algorithms,
                       .threads = threads_or_all(arguments.threads),
                       .quiet = arguments.quiet,
                       .gpu = gpu.get()};
  const auto dataset_of = [&](const Recipe& recipe) {
    require_supported(recipe);
    return data::load_dataset(recipe.data.name, data::data_directory(arguments.data));
  };
  note_interrupts();
  if (arguments.resume) {
    const RunFolder folder = RunFolder::resume(output_of(arguments));
    const FolderLock lock(folder.path());
    const Recipe recipe = resumed_recipe(arguments, folder);
    const Checkpoint checkpoint = read_checkpoint(folder.checkpoint());
    if (checkpoint.algorithms)
      algorithms = kernels::AlgorithmChoices(*checkpoint.algorithms);
    else
      options.algorithms = nullptr;
    options.resumes = true;
    Trainer trainer(recipe, dataset_of(recipe), options);
    trainer.resume(checkpoint);
    if (!arguments.quiet) {
      print_if_other(algorithms, checkpoint);
      print_position(checkpoint.position, recipe, folder);
    }
    return finish(trainer.run(folder), folder);
  }
  const Recipe recipe = resolved(recipe_of(arguments), gpu.get());
  // Before the data is loaded and the step recorded.
  require_supported(recipe);
  RunFolder::require_new(output_of(arguments));
  require_other_recipe(arguments);
  if (!recipe.init.empty() && !std::filesystem::exists(recipe.init))
    throw kernels::UsageError("init: " + recipe.init + ": there is no such file");
  Trainer trainer(recipe, dataset_of(recipe), options);
  keep_algorithms(algorithms.by_work(), gpu.get());
  const RunFolder folder = RunFolder::create(output_of(arguments));
  const FolderLock lock(folder.path());
  write_text_file(folder.recipe(), to_json(recipe) + "\n");
  write_text_file(folder.environment(), trainer.environment_json());
  return finish(trainer.run(folder), folder);
}

}  // namespace tools
