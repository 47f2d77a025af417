#include "aux_training/evaluation/auxiliary_heads.h"

#include "aux_training/evaluation.h"
#include "aux_training/evaluation/training_cost.h"
#include "test/aux_training/small_run.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

namespace {

using namespace aux_training;
using test_support::contains;

constexpr int kImages = 20;  // of the small data set's test part, two of each class

// Errors of every classifier on the clean test images, whose labels are what they are, or all
// `label`.
std::vector<Errors> errors_of(const ModelWithHeads& loaded, int label = -1) {
  kernels::ThreadPool pool(2);
  Evaluator evaluator(pool, engine::Type::Float, loaded.model, nullptr,
                      static_cast<int>(loaded.views.size()));
  const data::Dataset dataset = test::small_dataset({.train = 10, .test = kImages});
  const std::vector<int> same(kImages, label);
  std::vector<Errors> errors(static_cast<std::size_t>(evaluator.classifiers()));
  evaluator.count_errors(dataset.test.pixels.data(),
                         label < 0 ? dataset.test.labels.data() : same.data(), kImages,
                         dataset.normalization, errors.data());
  return errors;
}

// Rewrites values of a run's checkpoint: changed(name, number by number).
template <class Change>
void change(const RunFolder& folder, const Change& change) {
  const engine::Safetensors file = engine::Safetensors::read(folder.checkpoint());
  std::vector<engine::TensorEntry> entries;
  std::vector<std::vector<float>> kept;
  kept.reserve(file.names().size());
  for (const std::string& name : file.names()) {
    const float* numbers = file.floats(name);
    kept.emplace_back(numbers, numbers + file.elements(name));
    for (std::size_t i = 0; i < kept.back().size(); ++i) change(name, i, kept.back()[i]);
    entries.push_back({name, file.shape(name), kernels::Type::Float, kept.back().data(), {}});
  }
  engine::write_safetensors(folder.checkpoint(), entries, file.metadata());
}

}  // namespace

TEST_CASE("auxiliary heads: each answers by its own weights, for the backbone's features") {
  const test::TemporaryRuns runs;
  const RunFolder folder = runs.make("run");
  REQUIRE(test::Training{}.run(folder) == 0);
  const std::string path = folder.path().string();

  const ModelWithHeads loaded = load_with_heads(path);
  REQUIRE(loaded.views.size() == 2);
  CHECK(loaded.views[0] == data::View{data::Corruption::GaussianNoise, 20});
  CHECK(loaded.views[1] == data::View{data::Corruption::Rotation, 30});
  const std::vector<Errors> trained = errors_of(loaded);
  REQUIRE(trained.size() == 3);
  const ModelWithHeads primary{load_model(path), {}};
  CHECK(errors_of(primary)[0].top1 == trained[0].top1);
  for (const Errors& errors : trained) CHECK(errors.images == kImages);

  // Head 1 says class 3 to everything. Head 2 says 4, then 5, since its last ReLU lets nothing
  // through whatever the features are: by its own running statistics.
  change(folder, [](const std::string& name, std::size_t i, float& number) {
    if (name == "auxiliary.1.fc.weight") number = 0;
    if (name == "auxiliary.1.fc.bias") number = i == 3 ? 1.0f : 0.0f;
    if (name == "auxiliary.2.bottleneck.bn3.running_mean") number = 1e6f;
    if (name == "auxiliary.2.fc.bias") number = i == 4 ? 2.0f : i == 5 ? 1.0f : 0.0f;
  });
  const ModelWithHeads changed = load_with_heads(path);
  CHECK(errors_of(changed)[0].top1 == trained[0].top1);
  CHECK(errors_of(changed, 3)[1].top1 == 0);
  CHECK(errors_of(changed, 3)[2].top1 == kImages);
  CHECK(errors_of(changed, 4)[1].top1 == kImages);
  CHECK(errors_of(changed, 4)[2].top1 == 0);
  CHECK(errors_of(changed, 5)[2].top5 == 0);
  CHECK(errors_of(changed, 9)[2].top5 == kImages);
}

TEST_CASE("auxiliary heads: what has none") {
  const test::TemporaryRuns runs;
  test::Training training;
  training.recipe.method.name = MethodName::Standard;
  training.recipe.schedule = {.epochs = 1, .milestones = {}};
  const RunFolder folder = runs.make("run");
  REQUIRE(training.run(folder) == 0);
  CHECK(load_with_heads(folder.path().string()).views.empty());
  CHECK_THROWS_WITH(load_with_heads(folder.primary().string()),
                    contains("primary.safetensors: --per-head needs a run folder"));
  CHECK_THROWS_WITH(load_with_heads(runs.make("empty").path().string()),
                    contains("empty: --per-head needs its checkpoint.safetensors"));
}

TEST_CASE("training cost: what a run has seen, also where it was stopped") {
  const test::TemporaryRuns runs;
  const RunFolder whole = runs.make("whole"), stopped = runs.make("stopped");
  test::Training training;  // 32 images in batches of 8, three views, three epochs
  for (const RunFolder& folder : {whole, stopped})  // as `auxtrain train` does
    write_text_file(folder.recipe(), to_json(training.recipe));
  REQUIRE(training.run(whole) == 0);
  const auto cost = training_cost(load_model(whole.path().string()));
  REQUIRE(cost);
  CHECK(cost->method == "auxiliary");
  CHECK((cost->epochs == 3 && cost->steps == 12 && cost->view_images == 12 * 8 * 3));
  CHECK(cost->seconds > 0);

  training.options.interrupt = [steps = 0]() mutable { return ++steps == 6 ? 15 : 0; };
  REQUIRE(training.run(stopped) == 15);
  const Model model = load_model(stopped.path().string());
  const Position position = parse_position(model.weights.metadata("position"), "stopped");
  const auto part = training_cost(model);
  REQUIRE(part);
  CHECK(part->epochs == position.epoch);
  CHECK(part->steps == 4 * position.epoch + position.step);
  CHECK((part->steps > 0 && part->steps < 12));

  CHECK_FALSE(training_cost(load_model(whole.primary().string())));
  std::filesystem::remove(whole.log());
  CHECK_FALSE(training_cost(load_model(whole.path().string())));
}
