// log.jsonl of a run folder: what programs read. One JSON object per line:
//   {"kind":"epoch","epoch":1,"step":391,"lr":0.1,"loss":2.1,
//    "losses":{"clean":1.9,"gaussian_blur":2.0,...,"distillation":0.1,"weight_penalty":0.0},
//    "train_accuracy":{"clean":0.4,...},"test_accuracy":{"clean":0.5},"head_distance":[1.4,...],
//    "images_per_second":812.5,"seconds":61.5}
//   {"kind":"step","epoch":1,"step":100,"lr":0.1,"loss":2.2,"head_distance":[1.4,...]}
// Epochs and steps count those completed, the running one included. Not-a-number is null.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace aux_training {

using NamedValues = std::vector<std::pair<std::string, double>>;  // in the order to be shown

struct EpochRecord {
  int epoch = 0;
  long step = 0;
  double lr = 0, loss = 0;
  NamedValues losses, train_accuracy, test_accuracy;  // accuracies are shares of 1
  std::vector<double> head_distance;                  // |W0 - Wj| / |W0| of each auxiliary head
  double images_per_second = 0, seconds = 0;
};

struct StepRecord {
  int epoch = 0;
  long step = 0;
  double lr = 0, loss = 0;
  std::vector<float> head_distance = {};
};

class Log {
 public:
  explicit Log(std::filesystem::path path);  // opens for appending, creating it where needed
  void write(const EpochRecord& record);     // flushed when this returns
  void write(const StepRecord& record);

 private:
  void write_line(const std::string& line);
  std::filesystem::path path_;
  std::ofstream file_;
};

// Before a run is resumed from a checkpoint in `epoch` after `step` steps of the run: drops what
// was logged after that, and a last line torn by the interruption, so that the log is as if never
// interrupted. The epoch's own line is dropped too: it comes again at its end. No log is no error.
void trim_log(const std::filesystem::path& path, int epoch, long step);

// The epochs of a log, a torn last line left out.
std::vector<EpochRecord> read_epochs(const std::filesystem::path& path);

}  // namespace aux_training
