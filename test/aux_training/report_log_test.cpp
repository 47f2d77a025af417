#include <cmath>
#include <fstream>
#include <limits>

#include "aux_training/report/log.h"
#include "aux_training/report/run_folder.h"
#include "kernels/base/check.h"
#include "test/support/catch.h"
#include "test/support/contains.h"
#include "test/support/temporary_folder.h"

namespace {

namespace fs = std::filesystem;
using namespace aux_training;
using test_support::contains;

EpochRecord record_of(int epoch) {
  EpochRecord record;
  record.epoch = epoch;
  record.step = 10L * epoch;
  record.lr = 0.1;
  record.loss = 2.5 / epoch;
  record.losses = {{"clean", 2.0}, {"gaussian_blur", 0.25}};
  record.train_accuracy = {{"clean", 0.5}};
  record.test_accuracy = {{"clean", 0.75}};
  record.head_distance = {1.5, 0.125};
  record.images_per_second = 812.5;
  record.seconds = 61.5;
  return record;
}

}  // namespace

TEST_CASE("log: one JSON object per line, exactly as the format says") {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path / "log.jsonl";
  {
    Log log(path);
    log.write(StepRecord{1, 5, 0.1, 2.75, {0.5f}});
    log.write(record_of(1));
    EpochRecord broken;
    broken.epoch = 2;
    broken.step = 20;
    broken.loss = std::numeric_limits<double>::quiet_NaN();
    log.write(broken);
  }
  CHECK(read_text_file(path) ==
        R"({"kind":"step","epoch":1,"step":5,"lr":0.1,"loss":2.75,"head_distance":[0.5]})"
        "\n"
        R"({"kind":"epoch","epoch":1,"step":10,"lr":0.1,"loss":2.5,)"
        R"("losses":{"clean":2.0,"gaussian_blur":0.25},"train_accuracy":{"clean":0.5},)"
        R"("test_accuracy":{"clean":0.75},"head_distance":[1.5,0.125],)"
        R"("images_per_second":812.5,"seconds":61.5})"
        "\n"
        R"({"kind":"epoch","epoch":2,"step":20,"lr":0.0,"loss":null,"losses":{},)"
        R"("train_accuracy":{},"test_accuracy":{},"head_distance":[],)"
        R"("images_per_second":0.0,"seconds":0.0})"
        "\n");

  const std::vector<EpochRecord> epochs = read_epochs(path);
  REQUIRE(epochs.size() == 2);
  const EpochRecord expected = record_of(1);
  CHECK(epochs[0].epoch == 1);
  CHECK(epochs[0].step == 10);
  CHECK(epochs[0].lr == 0.1);
  CHECK(epochs[0].loss == 2.5);
  CHECK(epochs[0].losses == expected.losses);
  CHECK(epochs[0].train_accuracy == expected.train_accuracy);
  CHECK(epochs[0].test_accuracy == expected.test_accuracy);
  CHECK(epochs[0].head_distance == expected.head_distance);
  CHECK(epochs[0].images_per_second == 812.5);
  CHECK(epochs[0].seconds == 61.5);
  CHECK(std::isnan(epochs[1].loss));
}

TEST_CASE("log: a resumed log is as if never interrupted") {
  const test::TemporaryFolder folder;
  const fs::path straight = folder.path / "straight.jsonl", torn = folder.path / "torn.jsonl";
  const auto write = [](const fs::path& path, int first, int last) {
    Log log(path);
    for (int epoch = first; epoch <= last; ++epoch) {
      log.write(StepRecord{epoch, 10L * epoch - 5, 0.1, 1.0});
      log.write(record_of(epoch));
    }
  };
  write(straight, 1, 4);
  write(torn, 1, 3);
  std::ofstream(torn, std::ios::app) << R"({"kind":"epoch","epo)";

  trim_log(torn, 3, 20);
  CHECK(read_epochs(torn).size() == 2);
  write(torn, 3, 4);
  CHECK(read_text_file(torn) == read_text_file(straight));
  CHECK_FALSE(fs::exists(torn.string() + ".partial"));

  // In the middle of an epoch: its steps so far stay.
  trim_log(torn, 3, 25);
  CHECK(read_epochs(torn).size() == 2);
  CHECK_THAT(read_text_file(torn), contains("\"step\":25,"));

  // At the end of an epoch that is to be evaluated again: its own line goes, its steps stay.
  write(torn, 3, 3);
  trim_log(torn, 3, 30);
  CHECK(read_epochs(torn).size() == 2);
  CHECK_THAT(read_text_file(torn), contains("\"step\":25,"));

  CHECK_NOTHROW(trim_log(folder.path / "absent.jsonl", 1, 10));
  write_text_file(torn, "{}\nnonsense\n{}\n");
  CHECK_THROWS_WITH(trim_log(torn, 1, 10), contains("torn.jsonl:2: expected a JSON object"));
  CHECK_THROWS_WITH(read_epochs(torn), contains("torn.jsonl:2"));
}

TEST_CASE("log: a place that cannot be written is an error") {
  const test::TemporaryFolder folder;
  CHECK_THROWS_AS(Log(folder.path / "none" / "log.jsonl"), kernels::Error);
  if (fs::exists("/dev/full")) {
    Log log("/dev/full");
    CHECK_THROWS_WITH(log.write(StepRecord{}), contains("/dev/full: cannot be written"));
  }
}

TEST_CASE("run folder: new runs never overwrite, resumed ones need a checkpoint") {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path / "deep" / "run";
  const RunFolder run = RunFolder::create(path);
  CHECK(fs::is_directory(path));
  CHECK_NOTHROW(RunFolder::create(path));  // empty still
  CHECK_THROWS_WITH(RunFolder::resume(path), contains("cannot be resumed: it has no recipe.json"));

  for (const fs::path& file : {run.recipe(), run.environment(), run.log()})
    write_text_file(file, file == run.log() ? "" : "{}");
  std::ofstream(run.checkpoint().string() + ".partial") << "half";
  CHECK_NOTHROW(RunFolder::create(path));  // stopped before the first checkpoint
  CHECK_THROWS_WITH(RunFolder::resume(path), contains("no checkpoint.safetensors"));

  for (const fs::path& file : {run.primary(), run.log(), path / "notes.txt", run.checkpoint()}) {
    INFO(file.string());
    write_text_file(file, "something");
    CHECK_THROWS_AS(RunFolder::create(path), kernels::UsageError);
    CHECK_THROWS_WITH(RunFolder::create(path),
                      contains("run: is not empty") && contains("--resume"));
    fs::remove(file);
  }
  write_text_file(run.checkpoint(), "");
  CHECK(RunFolder::resume(path).log() == path / "log.jsonl");

  CHECK_THROWS_WITH(RunFolder::create(run.recipe()), contains("got a file"));
  CHECK_THROWS_WITH(RunFolder::create(run.recipe() / "run"), contains("cannot be made"));
  CHECK_THROWS_WITH(RunFolder::open(folder.path / "none"), contains("no such run folder"));
  CHECK_THROWS_WITH(RunFolder::resume(folder.path / "none"), contains("no such run folder"));
}

TEST_CASE("run folder: one process at a time") {
  const test::TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder.path / "run");
  {
    const FolderLock lock(run.path());
    CHECK_THROWS_WITH(FolderLock(run.path()),
                      contains("run: another process writes to this folder"));
  }
  CHECK_NOTHROW(FolderLock(run.path()));
}

TEST_CASE("run folder: small files are replaced whole") {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path / "recipe.json";
  write_text_file(path, "one\n");
  write_text_file(path, "two");
  CHECK(read_text_file(path) == "two");
  CHECK_FALSE(fs::exists(path.string() + ".partial"));
  CHECK_THROWS_WITH(read_text_file(folder.path / "none"), contains("none: cannot be read"));
  CHECK_THROWS_WITH(read_text_file(folder.path), contains("cannot be read"));
}

TEST_CASE("run folder: the last part of a path, with or without a slash at its end") {
  for (const char* path : {"runs/a", "runs/a/", "a", "./a//"}) CHECK(last_part(path) == "a");
}
