// Trains a recipe into a run folder.
#pragma once

#include <memory>
#include <optional>

#include "aux_training/batches.h"
#include "aux_training/checkpoint.h"
#include "aux_training/evaluation.h"
#include "aux_training/interrupt.h"
#include "aux_training/recipe/recipe.h"
#include "aux_training/report/log.h"
#include "aux_training/report/progress.h"
#include "aux_training/report/run_folder.h"
#include "engine/runtime/available_memory.h"

namespace aux_training {

struct TrainOptions {
  // Looked up, and added to, while recording, then written to checkpoints; a resumed run must be
  // given its checkpoint's. Null: algorithms are chosen by rule.
  kernels::AlgorithmChoices* algorithms = nullptr;
  int threads = 1;
  bool quiet = false;
  bool resumes = false;             // resume() follows: the recipe's `init` is not read again
  double checkpoint_seconds = 120;  // at least this often; and at the end of every epoch
  // Asked after every step and between batches of an evaluation: the signal to stop for, or 0.
  std::function<int()> interrupt = aux_training::interrupt;
  const kernels::Gpu* gpu = nullptr;                // to train on; null: this machine's processors
  std::size_t memory = engine::available_memory();  // bytes that training may take of the latter
};

class Trainer {
 public:
  // Everything is recorded here: errors are thrown before the run folder is touched. UsageError
  // where there is not enough memory for a step, or for an evaluation beside it.
  Trainer(const Recipe&, data::Dataset, const TrainOptions&);
  ~Trainer() { batches_->stop(); }  // which writes to the session's memory

  // Goes on from a checkpoint of the same recipe.
  void resume(const Checkpoint&);

  // To the end of the recipe's epochs, or until a signal: then the run is saved and the signal's
  // number returned, else 0. A signal during the evaluation of an epoch leaves that to be repeated.
  // The folder holds a checkpoint from the start.
  int run(const RunFolder&);

  std::string environment_json() const;
  engine::Session& session() { return session_; }
  const TrainingProgram& network() const { return *network_; }

 private:
  long steps_per_epoch() const { return dataset_.train.count / recipe_.data.batch; }
  long steps_done() const { return position_.epoch * steps_per_epoch() + position_.step; }
  long steps_to_go() const { return recipe_.schedule.epochs * steps_per_epoch() - steps_done(); }
  float rate_of_step(long step) const;  // of the whole run
  void start_from_init();
  void set_knobs();
  void train_step(int slot);
  struct Stretch;
  int train_epoch(const RunFolder&, Log&, Progress&, Stretch&);
  [[noreturn]] void report_broken_step(int slot, double loss);
  std::optional<EpochRecord> finish_epoch();  // none where a signal came during the evaluation
  void print_forecast(double seconds_per_step) const;
  void print_epoch(const EpochRecord&, double seconds_per_step) const;
  void save(const RunFolder&);
  int stop(const RunFolder&, int signal);
  engine::Device device();
  std::size_t memory_left(std::size_t taken) const;  // of the device

  Recipe recipe_;
  TrainOptions options_;
  data::Dataset dataset_;
  std::vector<std::string> views_;  // names of a batch's views
  ModelDescription description_;
  kernels::ThreadPool pool_;
  std::unique_ptr<Batches> batches_;
  std::unique_ptr<TrainingProgram> network_;
  engine::Session session_;
  Evaluator evaluator_;
  Position position_;
};

// The recipe with a precision: on a GPU, where none is named, bf16.
Recipe resolved(Recipe, const kernels::Gpu*);

}  // namespace aux_training
