// Whole trainings on a GPU, which is the stand-in here: beside the CPU's, interrupted and resumed,
// and carried from one device to the other.
#include <signal.h>

#include "test/aux_training/small_run.h"
#include "test/cuda/session/device.h"
#include "test/support/catch.h"

using namespace aux_training;

namespace {

// An epoch in each stage, of two steps.
test::Training short_training(const kernels::Gpu* gpu) {
  test::Training training;
  training.recipe.method.stage2_epoch = 1;
  training.recipe.schedule = {.epochs = 2, .milestones = {1}, .factor = 0.5};
  training.dataset = {.train = 16, .test = 20, .size = 16};
  training.options.gpu = gpu;
  return training;
}

std::vector<EpochRecord> epochs(const RunFolder& folder) { return read_epochs(folder.log()); }

}  // namespace

TEST_CASE("a training on a GPU gives what the CPU's gives", "[training]") {
  const test::TemporaryRuns runs;
  const RunFolder on_cpu = runs.make("cpu"), on_gpu = runs.make("gpu");
  REQUIRE(short_training(nullptr).run(on_cpu) == 0);
  REQUIRE(short_training(&test::gpu()).run(on_gpu) == 0);
  const auto expected = epochs(on_cpu), trained = epochs(on_gpu);
  REQUIRE(trained.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(trained[i].loss == Approx(expected[i].loss).epsilon(test::kRoundingOfTraining));
  }
}

TEST_CASE("a training on a GPU computes no gradient of its images", "[training]") {
  const Trainer trainer = short_training(&test::gpu()).trainer();
  const engine::Program& program = trainer.network().program;
  for (const engine::Call& call : program.calls())
    for (const engine::Tensor t : call.outputs) CHECK((!t || program.value(t).name != "d_images"));
}

TEST_CASE("a training recomputes what is cheap and large on a CPU, nothing on a GPU",
          "[training]") {
  const bool on_gpu = GENERATE(true, false);
  const Trainer trainer = short_training(on_gpu ? &test::gpu() : nullptr).trainer();
  const std::string listing = trainer.network().program.listing();
  CHECK((listing.find("_again") == std::string::npos) == on_gpu);
}

TEST_CASE("a training on a GPU that is interrupted is the one that is not", "[training]") {
  const test::TemporaryRuns runs;
  const RunFolder whole = runs.make("whole"), parts = runs.make("parts");
  test::Training training = short_training(&test::gpu());
  REQUIRE(training.run(whole) == 0);
  training.options.interrupt = [asked = 0]() mutable { return ++asked == 1 ? SIGTERM : 0; };
  REQUIRE(training.run(parts) == SIGTERM);
  training.options.interrupt = [] { return 0; };
  REQUIRE(training.resume(parts) == 0);
  test::require_same(whole, parts);
}

TEST_CASE("a training goes on on another device", "[training]") {
  const bool begins_on_gpu = GENERATE(true, false);
  const test::TemporaryRuns runs;
  const RunFolder whole = runs.make("whole"), parts = runs.make("parts");
  REQUIRE(short_training(&test::gpu()).run(whole) == 0);
  test::Training first = short_training(begins_on_gpu ? &test::gpu() : nullptr);
  first.options.interrupt = [asked = 0]() mutable { return ++asked >= 2 ? SIGTERM : 0; };
  REQUIRE(first.run(parts) == SIGTERM);
  REQUIRE(short_training(begins_on_gpu ? nullptr : &test::gpu()).resume(parts) == 0);
  const auto expected = epochs(whole), trained = epochs(parts);
  REQUIRE(trained.size() == expected.size());
  CHECK(trained.back().loss == Approx(expected.back().loss).epsilon(test::kRoundingOfTraining));
}
