#include "aux_training/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "aux_training/environment.h"
#include "aux_training/pretrained.h"
#include "aux_training/recipe/schedule.h"
#include "aux_training/recipe/views.h"
#include "aux_training/report/curves.h"
#include "aux_training/report/table.h"
#include "engine/checkpoint/atomic_file.h"
#include "kernels/base/philox.h"
#include "kernels/sgd/sgd.h"

namespace aux_training {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// The data set, once it is known that the recipe can train on it.
data::Dataset checked(data::Dataset dataset, const Recipe& recipe) {
  require_supported(recipe);
  if (dataset.train.classes != recipe.model.classes)
    throw kernels::UsageError(kernels::text("model.classes: ", recipe.model.classes, ", but ",
                                            dataset.name, " has ", dataset.train.classes,
                                            " classes"));
  if (recipe.data.batch > dataset.train.count)
    throw kernels::UsageError(kernels::text("data.batch: expected at most the ",
                                            dataset.train.count, " images of ", dataset.name,
                                            ", got ", recipe.data.batch));
  return dataset;
}

ModelDescription describe(const Recipe& recipe, const data::Dataset& dataset, int views) {
  const MethodSettings& method = recipe.method;
  return {.classifier = {.model = recipe.model.name,
                         .stem = recipe.model.stem,
                         .width = recipe.model.width,
                         .classes = recipe.model.classes,
                         .views = views,
                         .images = recipe.data.batch,
                         .height = dataset.train.height,
                         .width_pixels = dataset.train.width,
                         .stem_relu = method.stem_relu,
                         .selective_batch_norm = method.selective_batch_norm,
                         .attention = method.attention,
                         .teacher = method.teacher,
                         .merging = method.merging,
                         .recompute = recipe.recompute},
          .dataset = dataset.name,
          .class_names = dataset.class_names,
          .normalization = dataset.normalization};
}

engine::Type storage_of(const Recipe& recipe) {
  return recipe.precision == Precision::Bf16 ? engine::Type::BFloat16 : engine::Type::Float;
}

// The program, once it is known that there is memory for it.
std::unique_ptr<TrainingProgram> fitting(std::unique_ptr<TrainingProgram> network,
                                         const Recipe& recipe, std::size_t memory) {
  engine::require_memory(
      network->program, memory,
      kernels::text("a smaller data.batch than ", recipe.data.batch,
                    recipe.recompute ? "" : ", or recompute: true,", " would take less"));
  return network;
}

}  // namespace

Recipe resolved(Recipe recipe, const kernels::Gpu* gpu) {
  if (recipe.precision == Precision::Auto)
    recipe.precision = gpu ? Precision::Bf16 : Precision::Fp32;
  return recipe;
}

Trainer::Trainer(const Recipe& recipe, data::Dataset dataset, const TrainOptions& options)
    : recipe_(resolved(recipe, options.gpu)),
      options_(options),
      dataset_(checked(std::move(dataset), recipe)),
      views_(names_in_batch(recipe)),
      description_(describe(recipe, dataset_, static_cast<int>(views_.size()))),
      pool_(options.threads),
      batches_(make_batches(device(), dataset_.train, dataset_.normalization,
                            loader_settings(recipe, options.threads))),
      network_(
          fitting(record_training(device(), storage_of(recipe_), description_.classifier,
                                  features_of(description_.classifier),
                                  [this](Program& program) { return batches_->record(program); }),
                  recipe, memory_left(0))),
      session_(network_->program),
      evaluator_(pool_, storage_of(recipe_), description_.classifier,
                 features_of(description_.classifier), session_,
                 memory_left(session_.memory().total())) {
  session_.initialize(recipe_.seed);
  if (!recipe_.init.empty() && !options_.resumes) start_from_init();
  batches_->begin(session_);
}

void Trainer::start_from_init() {
  const std::string note =
      load_pretrained(session_, engine::WeightFile::read(recipe_.init),
                      models::find_backbone(recipe_.model.name, recipe_.model.stem));
  if (!note.empty() && !options_.quiet) std::fprintf(stderr, "note: %s\n", note.c_str());
}

engine::Device Trainer::device() {
  return engine::device_of(options_.gpu, kernels::Cpu{&pool_, options_.algorithms});
}

std::size_t Trainer::memory_left(std::size_t taken) const {
  if (options_.gpu) return options_.gpu->free_bytes();  // which knows what is taken
  return options_.memory - std::min(options_.memory, taken);
}

void Trainer::resume(const Checkpoint& checkpoint) {
  const std::string file = checkpoint.file.path().string();
  const std::string difference =
      first_difference(parse_recipe(checkpoint.recipe_json, file).recipe, recipe_);
  if (!difference.empty())
    throw kernels::UsageError(file + ": is of another recipe: there " + difference);
  restore(session_, checkpoint);
  position_ = checkpoint.position;
  // At the end of an epoch: stopped while it was evaluated.
  CHECK(position_.step <= steps_per_epoch(), file, ": stands at step ", position_.step,
        " of an epoch of ", steps_per_epoch());
  CHECK(position_.epoch <= recipe_.schedule.epochs, file, ": stands behind epoch ", position_.epoch,
        " of ", recipe_.schedule.epochs);
  const EpochSums& sums = position_.sums;
  for (const auto* of_views : {&sums.ce, &sums.kl, &sums.correct})
    CHECK(position_.step == 0 || of_views->size() == views_.size(), file, ": has sums of ",
          of_views->size(), " views, expected ", views_.size());
}

float Trainer::rate_of_step(long step) const {
  return static_cast<float>(learning_rate(recipe_, step, steps_per_epoch()));
}

void Trainer::set_knobs() {
  const TrainingProgram& n = *network_;
  const MethodSettings& method = recipe_.method;
  float* ce_weight = session_.input(n.ce_weight);
  for (size_t view = 0; view < views_.size(); ++view)
    ce_weight[view] = view == 0 ? 1.0f : static_cast<float>(method.alpha);
  *session_.input(n.kl_weight) = static_cast<float>(method.lambda);
  *session_.input(n.temperature) = static_cast<float>(method.temperature);
  *session_.input(n.penalty_weight) = static_cast<float>(penalty_weight(recipe_, position_.epoch));
  float* knobs = session_.input(n.optimizer);
  knobs[kernels::kLearningRate] = rate_of_step(steps_done());
  knobs[kernels::kMomentum] = static_cast<float>(recipe_.optimizer.momentum);
  knobs[kernels::kWeightDecay] = static_cast<float>(recipe_.optimizer.weight_decay);
  knobs[kernels::kNesterov] = recipe_.optimizer.nesterov ? 1.0f : 0.0f;
  auto* const random = session_.input<std::uint32_t>(n.random);
  random[kernels::kSeedLow] = static_cast<std::uint32_t>(recipe_.seed);
  random[kernels::kSeedHigh] = static_cast<std::uint32_t>(recipe_.seed >> 32);
  random[kernels::kStep] = static_cast<std::uint32_t>(steps_done());
}

void Trainer::train_step(int slot) {
  const TrainingProgram& n = *network_;
  set_knobs();
  session_.forward_backward(slot);
  session_.wait();
  const double penalty = n.penalty ? static_cast<double>(*session_.result(n.penalty)) : 0.0;
  const double loss = static_cast<double>(*session_.result(n.losses.loss)) + penalty;
  if (!std::isfinite(loss)) report_broken_step(slot, loss);
  session_.update(slot);

  position_.sums.add(session_, n, views_.size(), loss, penalty);
  ++position_.step;
}

// The update has not happened yet, so the same step again shows where the number was lost.
void Trainer::report_broken_step(int slot, double loss) {
  const std::string where = kernels::text("epoch ", position_.epoch + 1, ", step ",
                                          position_.step + 1, ": the loss is ", loss, "; ");
  try {
    session_.step_checked(slot);
  } catch (const kernels::Error& error) {
    throw kernels::Error(where + error.what() + ". A smaller optimizer.lr may help");
  }
  throw kernels::Error(where + "no single value is: its terms are too large");
}

std::optional<EpochRecord> Trainer::finish_epoch() {
  const std::optional<Errors> errors =
      evaluator_.evaluate(dataset_.test, dataset_.normalization, data::View{}, recipe_.seed,
                          [&] { return options_.interrupt() != 0; });
  if (!errors) return {};
  EpochRecord record = position_.sums.means(views_, steps_per_epoch(), recipe_.data.batch);
  record.epoch = position_.epoch + 1;
  record.step = record.epoch * steps_per_epoch();
  record.lr = static_cast<double>(rate_of_step(record.step - 1));
  record.test_accuracy = {{"clean", 1 - errors->top1_error()}};

  ++position_.epoch;
  position_.step = 0;
  position_.sums = {};
  return record;
}

// A network that is lost is never saved over one that is not.
void Trainer::save(const RunFolder& folder) {
  const auto is_weight = [](const engine::Value& value) {
    return value.role == engine::Role::Parameter;
  };
  for (const engine::TensorEntry& entry : engine::entries_of(session_, is_weight)) {
    const float* numbers = static_cast<const float*>(entry.data);
    for (long i = 0; i < engine::size_of(entry.shape); ++i)
      CHECK(std::isfinite(numbers[i]), "epoch ", position_.epoch + 1, ", after step ",
            position_.step, ": ", entry.name, " holds ", numbers[i], " at element ", i,
            ". A smaller optimizer.lr may help");
  }
  engine::flush_to_disk(folder.log());  // first: it has to know what the checkpoint knows
  write_checkpoint(folder.checkpoint(), session_, description_, to_json(recipe_), position_,
                   options_.algorithms ? &options_.algorithms->by_work() : nullptr);
}

int Trainer::stop(const RunFolder& folder, int signal) {
  batches_->stop();
  save(folder);
  if (!options_.quiet)
    std::fprintf(stderr, "stopped in epoch %d after %d of %ld steps; saved, go on with --resume\n",
                 position_.epoch + 1, position_.step, steps_per_epoch());
  return signal;
}

// Of a training that takes long, soon after it has begun.
void Trainer::print_forecast(double seconds_per_step) const {
  constexpr double kLong = 600;  // seconds
  if (options_.quiet || seconds_per_step * static_cast<double>(steps_to_go()) < kLong) return;
  std::fprintf(stderr, "%s; a signal stops it, --resume goes on\n",
               forecast(recipe_.schedule.epochs, steps_per_epoch(), steps_to_go(), seconds_per_step)
                   .c_str());
}

// `seconds_per_step` with a step's share of evaluations, or 0.
void Trainer::print_epoch(const EpochRecord& record, double seconds_per_step) const {
  if (options_.quiet) return;
  const double left = seconds_per_step * static_cast<double>(steps_to_go());
  std::fprintf(stderr,
               "epoch %d/%d  lr %.4g  loss %.4f  train %.2f%%  test %.2f%%  %.0f images/s%s\n",
               record.epoch, recipe_.schedule.epochs, record.lr, record.loss,
               100 * record.train_accuracy[0].second, 100 * record.test_accuracy[0].second,
               record.images_per_second,
               left > 0 ? kernels::text("  ", duration(left), " left").c_str() : "");
}

// One call of run(): where it began, and when it last saved.
struct Trainer::Stretch {
  long first_step;
  Clock::time_point begun = Clock::now(), warm = begun, saved = begun;
};

// The signal that stopped it, or 0.
int Trainer::train_epoch(const RunFolder& folder, Log& log, Progress& progress, Stretch& stretch) {
  constexpr int kStepsPerLogLine = 50, kWarmUp = 10, kForecast = 60;  // steps
  while (position_.step < steps_per_epoch()) {
    const Clock::time_point start = Clock::now();
    train_step(batches_->wait());
    position_.sums.seconds += seconds_since(start);
    progress.update(long{position_.step} * recipe_.data.batch);
    const long steps = steps_done() - stretch.first_step;
    if (steps == kWarmUp) stretch.warm = Clock::now();
    if (steps == kForecast) {
      progress.clear_line();
      print_forecast(seconds_since(stretch.warm) / (kForecast - kWarmUp));
    }
    if (position_.step % kStepsPerLogLine == 0)
      log.write(StepRecord{
          .epoch = position_.epoch + 1,
          .step = steps_done(),
          .lr = static_cast<double>(session_.input(network_->optimizer)[kernels::kLearningRate]),
          .loss = position_.sums.loss / position_.step,
          .head_distance = position_.sums.head_distance});
    const bool is_last = position_.step == steps_per_epoch();  // its evaluation looks for signals
    if (const int signal = is_last ? 0 : options_.interrupt()) return signal;
    if (seconds_since(stretch.saved) >= options_.checkpoint_seconds) {
      save(folder);
      stretch.saved = Clock::now();
    }
  }
  return 0;
}

int Trainer::run(const RunFolder& folder) {
  const int epochs = recipe_.schedule.epochs;
  trim_log(folder.log(), position_.epoch + 1, steps_done());  // the log counts the running epoch
  Log log(folder.log());
  if (steps_done() == 0) save(folder);
  if (position_.epoch < epochs) batches_->start(position_.epoch, position_.step);
  Stretch stretch{.first_step = steps_done()};
  while (position_.epoch < epochs) {
    Progress progress(kernels::text("epoch ", position_.epoch + 1, "/", epochs),
                      steps_per_epoch() * recipe_.data.batch, options_.quiet);
    if (const int signal = train_epoch(folder, log, progress, stretch)) return stop(folder, signal);
    const std::optional<EpochRecord> finished = finish_epoch();
    if (!finished) return stop(folder, options_.interrupt());
    log.write(*finished);
    save(folder);
    stretch.saved = Clock::now();
    progress.clear_line();
    const long steps = steps_done() - stretch.first_step;  // none where an evaluation was missing
    print_epoch(*finished,
                steps > 0 ? seconds_since(stretch.begun) / static_cast<double>(steps) : 0);
    write_text_file(folder.curves(),
                    curves_svg(last_part(folder.path()), read_epochs(folder.log())));
    if (const int signal = options_.interrupt(); signal && position_.epoch < epochs)
      return stop(folder, signal);
  }
  batches_->stop();
  write_primary(folder.primary(), session_, description_);
  return 0;
}

std::string Trainer::environment_json() const {
  return aux_training::environment_json(options_.threads, session_.memory(), options_.gpu);
}

}  // namespace aux_training
