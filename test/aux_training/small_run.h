// Trainings of a second or less, in folders of a test's own, and what makes two of them the same.
#pragma once

#include <string>
#include <vector>

#include "aux_training/trainer.h"
#include "test/support/small_dataset.h"

namespace test {

// A folder that is gone with the test.
class TemporaryRuns {
 public:
  TemporaryRuns();
  ~TemporaryRuns();
  TemporaryRuns(const TemporaryRuns&) = delete;
  TemporaryRuns& operator=(const TemporaryRuns&) = delete;

  const std::filesystem::path& path() const { return path_; }
  aux_training::RunFolder make(const std::string& name) const;

 private:
  std::filesystem::path path_;
};

// ResNet-20 of width 4 with two auxiliary classifiers, batches of 8, three epochs, the last of them
// in stage 2.
aux_training::Recipe small_recipe();

struct Training {
  aux_training::Recipe recipe = small_recipe();
  SmallDataset dataset = {};
  aux_training::TrainOptions options = {.threads = 1, .quiet = true};

  aux_training::Trainer trainer() const;
  // From the start to the end, or until a signal; what Trainer::run() returns.
  int run(const aux_training::RunFolder&) const;
  // The same from the folder's checkpoint on.
  int resume(const aux_training::RunFolder&) const;
};

// The lines of log.jsonl without the values that are timings.
std::vector<std::string> log_without_timings(const aux_training::RunFolder&);

// Everything in a checkpoint by name, as text: tensors and metadata, without timings.
std::vector<std::string> contents_without_timings(const std::filesystem::path& checkpoint);

// Requires that both folders hold the same bits: weights, momentum, statistics, position, primary
// classifier and log.
void require_same(const aux_training::RunFolder&, const aux_training::RunFolder&);

}  // namespace test
