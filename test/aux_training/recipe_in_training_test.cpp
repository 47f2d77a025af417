// What a recipe says is what is trained with: each setting is followed to where it takes effect.
#include <functional>

#include "aux_training/recipe/views.h"
#include "kernels/sgd/sgd.h"
#include "test/aux_training/small_run.h"
#include "test/support/catch.h"

namespace {

using namespace aux_training;

// The first batch norm's running means after a short run, which depend on everything before them.
std::vector<float> trained_means(const std::function<void(Recipe&)>& change) {
  const test::TemporaryRuns runs;
  test::Training training;
  training.recipe.schedule = {.epochs = 1, .milestones = {}};
  change(training.recipe);
  Trainer trainer = training.trainer();
  REQUIRE(trainer.run(runs.make("run")) == 0);
  const float* means = trainer.session().data(trainer.network().program.find("bn1.running_mean"));
  return {means, means + training.recipe.model.width};
}

}  // namespace

TEST_CASE("recipe in training: a step computes with the recipe's weights and optimizer") {
  const test::TemporaryRuns runs;
  test::Training training;
  training.recipe.method.alpha = 0.11;
  training.recipe.method.lambda = 0.12;
  training.recipe.method.gamma = 0.13;
  training.recipe.method.temperature = 1.5;
  training.recipe.optimizer = {
      .lr = 0.01, .momentum = 0.8, .weight_decay = 0.0007, .nesterov = true};
  training.recipe.schedule = {.epochs = 1, .milestones = {}};
  training.recipe.method.stage2_epoch = 0;
  Trainer trainer = training.trainer();
  REQUIRE(trainer.run(runs.make("run")) == 0);

  engine::Session& session = trainer.session();
  const TrainingProgram& network = trainer.network();
  const float* ce_weight = session.input(network.ce_weight);
  CHECK(ce_weight[0] == 1.0f);
  CHECK(ce_weight[1] == 0.11f);
  CHECK(ce_weight[2] == 0.11f);
  CHECK(*session.input(network.kl_weight) == 0.12f);
  CHECK(*session.input(network.penalty_weight) == 0.13f);
  CHECK(*session.input(network.temperature) == 1.5f);
  const float* knobs = session.input(network.optimizer);
  CHECK(knobs[kernels::kLearningRate] == 0.01f);
  CHECK(knobs[kernels::kMomentum] == 0.8f);
  CHECK(knobs[kernels::kWeightDecay] == 0.0007f);
  CHECK(knobs[kernels::kNesterov] == 1.0f);
}

TEST_CASE("recipe in training: the method without a part is another training") {
  const std::vector<float> whole = trained_means([](Recipe&) {});
  const auto differs = [&](const std::function<void(MethodSettings&)>& change) {
    return trained_means([&](Recipe& recipe) { change(recipe.method); }) != whole;
  };
  CHECK_FALSE(differs([](MethodSettings&) {}));
  CHECK(differs([](MethodSettings& method) { method.selective_batch_norm = false; }));
  CHECK(differs([](MethodSettings& method) { method.attention = false; }));
  CHECK(differs([](MethodSettings& method) { method.lambda = 0; }));
  CHECK(differs([](MethodSettings& method) { method.teacher = Teacher::Mutual; }));
  CHECK(differs([](MethodSettings& method) { method.stage2_epoch = 0; }));
  const auto merged = [](Merging merging) {
    return trained_means([=](Recipe& recipe) {
      recipe.method.stage2_epoch = 0;
      recipe.method.merging = merging;
    });
  };
  CHECK(merged(Merging::Mean) != merged(Merging::Primary));
}

TEST_CASE("recipe in training: the loader makes the recipe's views") {
  Recipe recipe = test::small_recipe();
  const auto settings = [&] { return loader_settings(recipe, 1); };
  CHECK(settings().views.size() == 1 + recipe.method.corruptions.size());
  CHECK(settings().batch == recipe.data.batch);
  CHECK(settings().seed == recipe.seed);
  for (const bool on : {false, true}) {
    recipe.method.wrap_noise = on;
    recipe.method.flip_rotation = !on;
    recipe.data.augment = on;
    recipe.method.name = on ? MethodName::DataAugmentation : MethodName::Auxiliary;
    CHECK(settings().augmentation.wrap_noise == on);
    CHECK(settings().augmentation.flip_rotation == !on);
    CHECK(settings().augmentation.crop_and_flip == on);
    CHECK(settings().augmentation.mix == on);
  }
}
