#include <limits>
#include <nlohmann/json.hpp>

#include "kernels/base/check.h"
#include "test/aux_training/small_run.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

namespace {

using namespace aux_training;
using nlohmann::json;
using test_support::contains;

std::vector<EpochRecord> train(const test::Training& training, const RunFolder& folder) {
  REQUIRE(training.run(folder) == 0);
  return read_epochs(folder.log());
}

double named(const NamedValues& values, const std::string& name) {
  for (const auto& [known, value] : values)
    if (known == name) return value;
  FAIL("no value " << name);
  return 0;
}

// Enough of it to tell the classes apart, with any seed and rounding: of seeds 1 to 7, the worst
// gets 63% of the test images right.
test::Training learning() {
  test::Training training;
  training.dataset = {.train = 640, .test = 100};
  training.recipe.model.width = 8;
  training.recipe.data.batch = 16;
  training.recipe.optimizer.lr = 0.02;
  training.recipe.method.stage2_epoch = 3;
  training.recipe.schedule = {.epochs = 4, .milestones = {2, 3}, .factor = 0.3};
  return training;
}

}  // namespace

TEST_CASE("trainer: learns, and logs every part of the loss by view") {
  const test::TemporaryRuns runs;
  const RunFolder folder = runs.make("run");
  const std::vector<EpochRecord> epochs = train(learning(), folder);
  REQUIRE(epochs.size() == 4);
  CHECK(named(epochs.back().test_accuracy, "clean") > 0.5);  // by chance 0.1
  // Before stage 2, whose first steps pull the classifiers away from what they have learnt.
  CHECK(named(epochs[2].losses, "clean") < 0.7 * named(epochs[0].losses, "clean"));
  for (const EpochRecord& epoch : epochs) {
    CAPTURE(epoch.epoch);
    CHECK(epoch.step == 40 * epoch.epoch);
    CHECK(epoch.head_distance.size() == 2);
    const Recipe recipe = test::small_recipe();
    double loss = named(epoch.losses, "clean") + named(epoch.losses, "weight_penalty") +
                  recipe.method.lambda * named(epoch.losses, "distillation");
    for (const char* view : {"gaussian_noise", "rotation"}) {
      loss += recipe.method.alpha * named(epoch.losses, view);
      CHECK(named(epoch.train_accuracy, view) <= 1);
    }
    CHECK(std::abs(loss - epoch.loss) < 1e-4 * loss);
  }
}

TEST_CASE("trainer: mixed views are learnt from, in batches of one view") {
  const test::TemporaryRuns runs;
  test::Training training = learning();
  const auto trained = [&](MethodName method) {
    training.recipe.method.name = method;
    const json environment = json::parse(training.trainer().environment_json());
    return std::pair(train(training, runs.make(name_of(method))), environment["memory_bytes"]);
  };
  const auto [epochs, memory] = trained(MethodName::DataAugmentation);
  CHECK(named(epochs.back().losses, "mixed") < 0.8 * named(epochs.front().losses, "mixed"));
  CHECK(named(epochs.back().test_accuracy, "clean") > 0.3);  // by chance 0.1
  const auto [clean_epochs, memory_of_clean] = trained(MethodName::Standard);
  CHECK(memory == memory_of_clean);
  CHECK(epochs.front().loss != clean_epochs.front().loss);
}

TEST_CASE("trainer: the classifiers are drawn together in stage 2 and not before") {
  const test::TemporaryRuns runs;
  const std::vector<EpochRecord> epochs = train(learning(), runs.make("run"));
  for (const EpochRecord& epoch : epochs)
    CHECK((named(epoch.losses, "weight_penalty") > 0) == (epoch.epoch == 4));
  for (size_t head = 0; head < 2; ++head) {
    CHECK(epochs[2].head_distance[head] > 0.5);
    CHECK(epochs[3].head_distance[head] < 0.5 * epochs[2].head_distance[head]);
  }
}

TEST_CASE("trainer: the learning rate follows the recipe") {
  const test::TemporaryRuns runs;
  const std::vector<EpochRecord> epochs = train(learning(), runs.make("run"));
  const double expected[] = {0.02, 0.02, 0.006, 0.0018};
  for (size_t epoch = 0; epoch < 4; ++epoch)
    CHECK(std::abs(epochs[epoch].lr - expected[epoch]) < 1e-6 * expected[epoch]);
}

TEST_CASE("trainer: another seed gives another network") {
  const test::TemporaryRuns runs;
  test::Training training;
  const RunFolder one = runs.make("one"), other = runs.make("other");
  train(training, one);
  training.recipe.seed = 2;
  train(training, other);
  CHECK((test::contents_without_timings(one.primary()) !=
         test::contents_without_timings(other.primary())));
}

TEST_CASE("trainer: a run folder holds all that the interface promises") {
  const test::TemporaryRuns runs;
  const RunFolder folder = runs.make("run");
  train({}, folder);
  for (const auto& file : {folder.log(), folder.checkpoint(), folder.primary(), folder.curves()})
    CHECK(std::filesystem::is_regular_file(file));
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    CHECK(entry.path().extension() != ".partial");
  const Checkpoint checkpoint = read_checkpoint(folder.checkpoint());
  CHECK(parse_recipe(checkpoint.recipe_json, "checkpoint").recipe == test::small_recipe());
  CHECK(checkpoint.position.epoch == 3);
  CHECK(checkpoint.position.step == 0);
}

TEST_CASE("trainer: environment.json says what a run was made with") {
  test::Training training;
  training.options.threads = 2;
  const json environment = json::parse(training.trainer().environment_json());
  for (const char* key : {"version", "commit", "device", "gpu", "gpu_libraries", "processor",
                          "onednn", "cuda", "memory_bytes"})
    CHECK(environment.contains(key));
  CHECK(environment["threads"] == 2);
}

TEST_CASE("trainer: too little memory is refused before it is taken, with what would help") {
  test::Training training;
  const engine::MemoryUse needed = training.trainer().session().memory();
  training.options.memory = needed.total() - 1;
  CHECK_THROWS_AS(training.trainer(), kernels::UsageError);
  const auto mebibytes = [](std::size_t bytes) { return std::to_string(bytes >> 20) + " MiB"; };
  CHECK_THROWS_WITH(training.trainer(),
                    contains("needs " + mebibytes(needed.total() + (1 << 20) - 1)) &&
                        contains("only " + mebibytes(training.options.memory) + " are available") &&
                        contains("a smaller data.batch than 8, or recompute: true, would"));
  // A step fits, but no evaluation beside it.
  training.options.memory = needed.total();
  CHECK_THROWS_WITH(training.trainer(),
                    contains("only 0 MiB are available") && contains("128 images at a time"));
  training.recipe.recompute = true;
  training.options.memory = 1000;
  CHECK_THROWS_WITH(training.trainer(), contains("a smaller data.batch than 8 would take less"));
}

TEST_CASE("trainer: a number that is none stops it, named, before it is saved") {
  const test::TemporaryRuns runs;
  const RunFolder folder = runs.make("run");
  const test::Training training;
  Trainer trainer = training.trainer();
  const auto spoil = [&](const char* name, float value) {
    trainer.session().data(trainer.network().program.find(name))[3] = value;
  };
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

  SECTION("in a weight of the backbone") {
    spoil("layer2.0.conv1.weight", kNan);
    CHECK_THROWS_WITH(trainer.run(folder),
                      contains("layer2.0.conv1.weight holds nan") && contains("element 3"));
    CHECK_FALSE(std::filesystem::exists(folder.checkpoint()));
  }
  SECTION("in a weight of an auxiliary classifier") {
    spoil("auxiliary.2.fc.weight", std::numeric_limits<float>::infinity());
    CHECK_THROWS_WITH(trainer.run(folder), contains("auxiliary.2.fc.weight holds inf"));
  }
  SECTION("in what is computed") {
    spoil("bn1.weight", 3e38f);
    CHECK_THROWS_WITH(trainer.run(folder), contains("epoch 1, step 1: the loss is") &&
                                               contains("seen first at call") &&
                                               contains("A smaller optimizer.lr may help"));
    CHECK(std::filesystem::exists(folder.checkpoint()));  // from before the first step
  }
}

TEST_CASE("trainer: a huge learning rate is an error that names what broke") {
  const test::TemporaryRuns runs;
  const RunFolder folder = runs.make("run");
  test::Training training;
  training.recipe.optimizer.lr = 1000;
  training.recipe.schedule.warmup = 0;
  training.recipe.method.gamma = 1000;
  training.recipe.method.stage2_epoch = 0;
  CHECK_THROWS_WITH(training.run(folder), contains(": the loss is ") && contains(" holds ") &&
                                              contains("optimizer.lr may help"));
  CHECK_FALSE(std::filesystem::exists(folder.primary()));
}

TEST_CASE("trainer: what cannot be trained is refused before anything is written") {
  test::Training training;
  SECTION("a batch larger than the data set") {
    training.recipe.data.batch = 33;
    CHECK_THROWS_WITH(training.trainer(),
                      contains("data.batch: expected at most the 32 images of synthetic, got 33"));
  }
  SECTION("classes that the data set does not have") {
    training.recipe.model.classes = 100;
    CHECK_THROWS_WITH(training.trainer(),
                      contains("model.classes: 100, but synthetic has 10 classes"));
  }
  SECTION("images too small for the auxiliary classifiers") {
    training.dataset.size = 8;  // features of 2x2, convolved by 3x3 without padding
    CHECK_THROWS_WITH(training.trainer(), contains("3") && contains("2"));
  }
  CHECK_THROWS_AS(training.trainer(), kernels::Error);
}
