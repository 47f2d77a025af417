// Algorithms that were chosen by timing stay with a run, and with a machine.
#include "aux_training/algorithms.h"

#include <csignal>
#include <cstdlib>

#include "aux_training/interrupt.h"
#include "kernels/base/check.h"
#include "test/aux_training/small_run.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

namespace {

using namespace aux_training;
using test_support::contains;

// The small training with channels enough for Winograd's algorithm.
test::Training wide_training(kernels::AlgorithmChoices& algorithms) {
  test::Training training;
  training.recipe.model.width = 16;
  training.recipe.schedule.epochs = 1;
  training.recipe.schedule.milestones = {};
  training.recipe.method.stage2_epoch = 0;
  training.options.algorithms = &algorithms;
  return training;
}

// Every choice that the training makes, the other way round.
Algorithms unlike(const Algorithms& algorithms) {
  Algorithms turned = algorithms;
  for (auto& [work, algorithm] : turned) algorithm = algorithm == "direct" ? "winograd" : "direct";
  return turned;
}

}  // namespace

TEST_CASE("a run goes on with the algorithms of its checkpoint", "[algorithms]") {
  const test::TemporaryRuns runs;
  const RunFolder other = runs.make("other"), whole = runs.make("whole"),
                  parts = runs.make("parts");
  kernels::AlgorithmChoices timed;
  REQUIRE(wide_training(timed).run(other) == 0);
  REQUIRE(!timed.by_work().empty());
  REQUIRE(read_checkpoint(other.checkpoint()).algorithms == timed.by_work());

  // Whatever timing would choose, it is not asked again.
  const Algorithms given = unlike(timed.by_work());
  kernels::AlgorithmChoices first(given), second(given);
  REQUIRE(wide_training(first).run(whole) == 0);
  test::Training interrupted = wide_training(second);
  interrupted.options.interrupt = [count = 0]() mutable { return ++count > 2 ? SIGTERM : 0; };
  REQUIRE(interrupted.run(parts) == SIGTERM);
  kernels::AlgorithmChoices none;
  REQUIRE(wide_training(none).resume(parts) == 0);
  REQUIRE(read_checkpoint(parts.checkpoint()).algorithms == given);
  test::require_same(whole, parts);
  REQUIRE(test::contents_without_timings(whole.checkpoint()) !=
          test::contents_without_timings(other.checkpoint()));
}

TEST_CASE("a machine's algorithms are kept in its cache", "[algorithms]") {
  const test::TemporaryRuns runs;
  const auto file = runs.path() / "cache" / "algorithms.json";
  ::setenv("AUXTRAIN_CACHE", file.parent_path().c_str(), 1);
  const Algorithms some{{"convolution a", "direct"}, {"convolution b", "winograd"}};
  REQUIRE(known_algorithms().empty());
  keep_algorithms(some);
  REQUIRE(known_algorithms() == some);
  keep_algorithms({{"convolution a", "winograd"}, {"convolution c", "direct"}});  // a stays
  REQUIRE(known_algorithms().size() == 3);
  REQUIRE(known_algorithms().at("convolution a") == "direct");

  std::string text = read_text_file(file);
  write_text_file(file, text.substr(0, text.size() / 2));
  REQUIRE(known_algorithms().empty());
  text.replace(text.find("oneDNN "), 7, "oneDNN 0");
  write_text_file(file, text);
  REQUIRE(known_algorithms().empty());
  keep_algorithms(some);
  REQUIRE(known_algorithms() == some);

  ::setenv("AUXTRAIN_CACHE", "/proc/none", 1);
  REQUIRE_NOTHROW(keep_algorithms(some));
  for (const char* variable : {"AUXTRAIN_CACHE", "XDG_CACHE_HOME", "HOME"}) ::unsetenv(variable);
  REQUIRE_NOTHROW(keep_algorithms(some));
  REQUIRE(known_algorithms().empty());
}

TEST_CASE("algorithms that are no object of names are refused", "[algorithms]") {
  REQUIRE_THROWS_WITH(parse_algorithms("[1]", "checkpoint: metadata algorithms"),
                      contains("checkpoint: metadata algorithms: expected an object of names"));
}
