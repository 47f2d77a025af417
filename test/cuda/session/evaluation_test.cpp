// Evaluations on a GPU, which is the stand-in here, beside the CPU's.
#include "aux_training/evaluation/auxiliary_heads.h"
#include "test/aux_training/small_run.h"
#include "test/cuda/session/device.h"
#include "test/support/catch.h"

using namespace aux_training;

TEST_CASE("a model and its auxiliary classifiers answer on a GPU as on the CPU", "[evaluation]") {
  const test::TemporaryRuns runs;
  test::Training training;
  training.dataset = {.train = 16, .test = 20, .size = 16};
  training.recipe.schedule = {.epochs = 1, .milestones = {}};
  training.recipe.method.stage2_epoch = 0;
  const RunFolder folder = runs.make("run");
  REQUIRE(training.run(folder) == 0);

  const ModelWithHeads loaded = load_with_heads(folder.path().string());
  const int heads = static_cast<int>(loaded.views.size());
  kernels::ThreadPool pool(2);
  Evaluator on_cpu(pool, engine::Type::Float, loaded.model, nullptr, heads);
  Evaluator on_gpu(pool, engine::Type::Float, loaded.model, &test::gpu(), heads);
  std::vector<float> image(16 * 16 * 3);
  for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<float>(i % 13) / 6 - 1;
  const std::vector<float> expected = on_cpu.logits(image), logits = on_gpu.logits(image);
  REQUIRE(logits.size() == expected.size());
  for (std::size_t c = 0; c < expected.size(); ++c)
    CHECK(logits[c] == Approx(expected[c]).epsilon(test::kRoundingOfTraining).margin(1e-3));

  const data::Dataset dataset = test::small_dataset(training.dataset);
  const auto errors_of = [&](Evaluator& evaluator) {
    std::vector<Errors> errors(static_cast<std::size_t>(evaluator.classifiers()));
    evaluator.count_errors(dataset.test.pixels.data(), dataset.test.labels.data(),
                           dataset.test.count, dataset.normalization, errors.data());
    return errors;
  };
  const std::vector<Errors> ours = errors_of(on_gpu), theirs = errors_of(on_cpu);
  REQUIRE(ours.size() == 3);
  for (std::size_t c = 0; c < 3; ++c) {
    CHECK(ours[c].images == 20);
    CHECK(std::abs(ours[c].top1 - theirs[c].top1) <= 1);  // a near tie may fall either way
  }
}
