// A run that was interrupted, in any way and at any place, is the run never interrupted.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "aux_training/interrupt.h"
#include "kernels/base/check.h"
#include "test/aux_training/small_run.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

extern char** environ;

namespace {

using namespace aux_training;
using test_support::contains;

// Goes on from a folder's checkpoint and is stopped by a signal after one step.
int one_step(const test::Training& training, const RunFolder& folder, bool first) {
  note_interrupts();
  ::raise(SIGTERM);
  return first ? training.run(folder) : training.resume(folder);
}

// A signal that comes before the n-th time that somebody looks for one.
std::function<int()> signal_before(int n) {
  return [n]() mutable { return --n <= 0 ? SIGTERM : 0; };
}

// Stopped wherever a run looks for a signal: in mid-epoch, before and during the evaluations of
// epochs, between epochs and in stage 2; each time going on with another number of threads.
void run_step_by_step(test::Training training, const RunFolder& folder) {
  const int per_epoch = training.dataset.train / training.recipe.data.batch;
  const int steps = training.recipe.schedule.epochs * per_epoch;
  // A run that is stopped in an evaluation begins it again: every other signal lets one end.
  const int latest = 2 + (training.dataset.test + 127) / 128;
  int in_evaluation = 0, between_epochs = 0, last = 0;
  for (int part = 1, signal = SIGTERM; signal; ++part) {
    REQUIRE(part < 2 * latest * steps);
    training.options.threads = 1 + part % 3;
    training.options.interrupt = signal_before(part % 2 ? 1 : latest);
    signal = part == 1 ? training.run(folder) : training.resume(folder);
    const Position position = read_checkpoint(folder.checkpoint()).position;
    const int done = position.epoch * per_epoch + position.step;
    INFO("part " << part << " ends after step " << done);
    REQUIRE(done >= last);
    REQUIRE((signal == 0) == (position.epoch == training.recipe.schedule.epochs));
    in_evaluation += position.step == per_epoch;
    between_epochs += position.step == 0;
    last = done;
  }
  CHECK(in_evaluation > 1);
  CHECK(between_epochs > 1);  // the end is one
}

// For the lines of the log that are written every 50 steps.
test::Training with_long_epochs() {
  test::Training training;
  training.recipe.method.name = MethodName::Standard;
  training.recipe.data.batch = 2;
  training.recipe.schedule = {.epochs = 2, .milestones = {1}};
  training.dataset = {.train = 240, .test = 20, .size = 8};
  return training;
}

// Set where this program is started by one of its own tests, to be killed by it.
constexpr const char* kChildFolder = "AUXTRAIN_TEST_CHILD_FOLDER";
constexpr const char* kChildName = "resume: the process that is killed";

pid_t start_child(const RunFolder& folder) {
  REQUIRE(::setenv(kChildFolder, folder.path().c_str(), 1) == 0);
  std::string program = "/proc/self/exe", test = kChildName;
  char* arguments[] = {program.data(), test.data(), nullptr};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failure = ::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments, environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::unsetenv(kChildFolder);
  REQUIRE(failure == 0);
  return child;
}

// How far the run in a folder has saved, in steps; 0 before its first checkpoint.
long saved_steps(const RunFolder& folder, long steps_per_epoch) {
  if (!std::filesystem::exists(folder.checkpoint())) return 0;
  const Position position = read_checkpoint(folder.checkpoint()).position;
  return position.epoch * steps_per_epoch + position.step;
}

// No file may grow beyond this, as on a disk that is almost full.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    signal_ = ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, signal_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*signal_)(int) = nullptr;
};

}  // namespace

TEST_CASE("resume: a run stopped after every step is the run never stopped, for any threads") {
  test::Training training;
  SECTION("auxiliary") {}
  SECTION("standard") { training.recipe.method.name = MethodName::Standard; }
  SECTION("in bf16") { training.recipe.precision = Precision::Bf16; }
  SECTION("with evaluations of several batches") { training.dataset.test = 300; }
  SECTION("recomputing activations") { training.recipe.recompute = true; }
  SECTION("with dropout") {
    training.recipe.method.name = MethodName::Standard;
    training.recipe.model = {.name = "alexnet", .stem = Stem::ImageNet, .width = 4};
    training.dataset = {.test = 4, .size = 223};
  }
  const test::TemporaryRuns runs;
  const RunFolder whole = runs.make("whole"), pieces = runs.make("pieces");
  REQUIRE(training.run(whole) == 0);
  run_step_by_step(training, pieces);
  test::require_same(whole, pieces);
}

TEST_CASE("resume: recomputing activations changes nothing but the recipe") {
  const test::TemporaryRuns runs;
  const RunFolder kept = runs.make("kept"), recomputed = runs.make("recomputed");
  test::Training training;
  REQUIRE(training.run(kept) == 0);
  training.recipe.recompute = true;
  REQUIRE(training.run(recomputed) == 0);
  CHECK(test::log_without_timings(kept) == test::log_without_timings(recomputed));
  CHECK((test::contents_without_timings(kept.primary()) ==
         test::contents_without_timings(recomputed.primary())));
}

TEST_CASE("resume: a finished run stays as it is") {
  const test::TemporaryRuns runs;
  const RunFolder folder = runs.make("run"), copy = runs.make("copy");
  const test::Training training;
  REQUIRE(training.run(folder) == 0);
  std::filesystem::copy(folder.path(), copy.path());
  CHECK(training.resume(copy) == 0);
  test::require_same(folder, copy);
}

TEST_CASE("resume: the process that is killed", "[.child]") {
  const char* folder = std::getenv(kChildFolder);
  if (!folder) return;
  test::Training training = with_long_epochs();
  training.options.checkpoint_seconds = 0;  // after every step
  training.run(RunFolder::open(folder));
}

TEST_CASE("resume: a run killed in mid-epoch goes on from its last checkpoint") {
  const test::TemporaryRuns runs;
  const RunFolder whole = runs.make("whole"), killed = runs.make("killed");
  const test::Training training = with_long_epochs();
  const long steps_per_epoch = training.dataset.train / training.recipe.data.batch;
  REQUIRE(training.run(whole) == 0);
  REQUIRE(test::log_without_timings(whole).size() == 6);  // two lines and a result, twice

  constexpr long kKilledAfter = 60;  // a line of the log has been written in this epoch
  const pid_t child = start_child(killed);
  int status = 0;
  while (saved_steps(killed, steps_per_epoch) < kKilledAfter) {
    REQUIRE(::waitpid(child, &status, WNOHANG) == 0);  // it has not failed
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  REQUIRE(::kill(child, SIGKILL) == 0);
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  REQUIRE_FALSE(std::filesystem::exists(killed.primary()));

  CHECK(training.resume(killed) == 0);
  test::require_same(whole, killed);
}

TEST_CASE("resume: what was trained is saved before a long evaluation, too") {
  const test::TemporaryRuns runs;
  const RunFolder folder = runs.make("folder");
  test::Training training;
  training.options.checkpoint_seconds = 0;
  const int per_epoch = training.dataset.train / training.recipe.data.batch;
  bool in_evaluation = false;
  training.options.interrupt = [&] {
    in_evaluation |= read_checkpoint(folder.checkpoint()).position.step == per_epoch;
    return in_evaluation ? SIGTERM : 0;
  };
  CHECK(training.run(folder) == SIGTERM);
  CHECK(in_evaluation);
}

TEST_CASE("resume: from an older checkpoint the log forgets what came after it") {
  const test::TemporaryRuns runs;
  const RunFolder whole = runs.make("whole"), folder = runs.make("folder");
  const test::Training training = with_long_epochs();
  REQUIRE(training.run(whole) == 0);
  REQUIRE(one_step(training, folder, true) == SIGTERM);
  note_interrupts();
  const std::string older = read_text_file(folder.checkpoint());
  REQUIRE(training.resume(folder) == 0);
  write_text_file(folder.checkpoint(), older);
  REQUIRE(training.resume(folder) == 0);
  test::require_same(whole, folder);
}

TEST_CASE("resume: a full disk is an error that leaves the last checkpoint as it was") {
  const test::TemporaryRuns runs;
  const RunFolder whole = runs.make("whole"), folder = runs.make("folder");
  const test::Training training;
  REQUIRE(training.run(whole) == 0);
  REQUIRE(one_step(training, folder, true) == SIGTERM);
  const std::string before = read_text_file(folder.checkpoint());
  {
    const FileSizeLimit limit(before.size() / 2);
    note_interrupts();
    CHECK_THROWS_WITH(training.resume(folder),
                      contains("checkpoint.safetensors: cannot be written"));
  }
  CHECK((read_text_file(folder.checkpoint()) == before));
  CHECK_FALSE(std::filesystem::exists(folder.checkpoint().string() + ".partial"));
  REQUIRE(training.resume(folder) == 0);
  test::require_same(whole, folder);
}

TEST_CASE("resume: a folder that has gone is an error that names the file") {
  const test::TemporaryRuns runs;
  const RunFolder folder = runs.make("folder");
  const test::Training training;
  Trainer trainer = training.trainer();
  std::filesystem::remove_all(folder.path());
  CHECK_THROWS_WITH(trainer.run(folder),
                    contains((folder.path() / "").string()) && contains("cannot be written"));
}

TEST_CASE("resume: a checkpoint that does not fit is refused with what differs") {
  const test::TemporaryRuns runs;
  const RunFolder folder = runs.make("folder");
  test::Training training;
  REQUIRE(one_step(training, folder, true) == SIGTERM);
  note_interrupts();

  SECTION("another width") {
    training.recipe.model.width = 8;
    CHECK_THROWS_WITH(training.resume(folder), contains(folder.checkpoint().string()) &&
                                                   contains("model.width") && contains("4") &&
                                                   contains("8"));
  }
  SECTION("another learning rate") {
    training.recipe.optimizer.lr = 0.025;
    CHECK_THROWS_WITH(training.resume(folder),
                      contains("optimizer.lr") && contains("0.05") && contains("0.025"));
  }
  SECTION("sums of other views, or an epoch that never was") {
    Checkpoint checkpoint = read_checkpoint(folder.checkpoint());
    checkpoint.position.sums.kl.pop_back();
    CHECK_THROWS_WITH(training.trainer().resume(checkpoint),
                      contains("has sums of 2 views, expected 3"));
    checkpoint.position = {.epoch = 4, .step = 0, .sums = {}};
    CHECK_THROWS_WITH(training.trainer().resume(checkpoint),
                      contains("stands behind epoch 4 of 3"));
  }
  SECTION("tensors of another model") {
    test::Training wide;
    wide.recipe.model.width = 8;
    Trainer trainer = wide.trainer();
    CHECK_THROWS_WITH(restore(trainer.session(), read_checkpoint(folder.checkpoint())),
                      contains("does not fit the model: conv1.weight is [4, 3, 3, 3]") &&
                          contains("expected [8, 3, 3, 3]") && contains("more"));
  }
  SECTION("fewer steps in an epoch") {
    training.options.interrupt = signal_before(1);
    REQUIRE(training.resume(folder) == SIGTERM);
    training.dataset.train = 8;
    CHECK_THROWS_WITH(training.resume(folder), contains("stands at step 2 of an epoch of 1"));
  }
  SECTION("no checkpoint at all") {
    std::filesystem::remove(folder.checkpoint());
    CHECK_THROWS_AS(training.resume(folder), kernels::Error);
  }
}
