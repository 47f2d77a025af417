#include "tools/auxtrain/evaluation.h"

#include <chrono>

#include "aux_training/evaluation/auxiliary_heads.h"
#include "aux_training/evaluation/baseline.h"
#include "aux_training/evaluation/evaluate_sets.h"
#include "aux_training/report/progress.h"
#include "aux_training/report/table.h"
#include "tools/auxtrain/evaluation_images.h"

namespace tools {
namespace {

using namespace aux_training;
using kernels::text;
using kernels::UsageError;

std::vector<ModelWithHeads> load(const Evaluate& arguments) {
  std::vector<ModelWithHeads> models;
  for (const std::string& path : arguments.models) {
    models.push_back(arguments.per_head ? load_with_heads(path)
                                        : ModelWithHeads{load_model(path), {}});
    const ModelDescription &first = models.front().model.description,
                           &last = models.back().model.description;
    if (last.dataset != first.dataset)
      throw UsageError(text("evaluate: ", path, " was trained on ", last.dataset, ", ",
                            models.front().model.name, " on ", first.dataset,
                            "; evaluate them one by one"));
  }
  return models;
}

EvaluatedModel named(const ModelWithHeads& loaded) {
  EvaluatedModel model{
      .name = loaded.model.name,
      .file = loaded.model.weights.path().string(),
      .description = loaded.model.description,
      .cost = training_cost(loaded.model),
      .classifiers = {{.name = loaded.model.name, .head = {}, .errors = {}, .views = {}}}};
  for (const data::View& view : loaded.views) {
    const std::string head = data::name_of(view.corruption);
    model.classifiers.push_back(
        {.name = loaded.model.name + " " + head, .head = head, .errors = {}, .views = {}});
  }
  return model;
}

// errors[set] of one classifier, in the order of EvaluationImages::sets().
void fill(EvaluatedClassifier& classifier, const std::vector<Errors>& errors,
          const EvaluationImages& images) {
  auto next = errors.begin();
  classifier.errors.clean = *next++;
  for (std::size_t view = 0; view < images.views().size(); ++view)
    classifier.views.push_back(*next++);
  for (const Kind kind : images.kinds())
    for (const int severity : images.severities()) classifier.errors.at(kind, severity) = *next++;
}

std::optional<Baseline> baseline_of(const Evaluate& arguments, const std::string& dataset,
                                    long images) {
  if (arguments.baseline.empty()) return {};
  const Baseline baseline =
      arguments.baseline == "published" ? published_alexnet() : read_baseline(arguments.baseline);
  if (baseline.dataset != dataset)
    throw UsageError(text("--baseline: ", baseline.name, " is of ", baseline.dataset,
                          ", the models of ", dataset));
  if (baseline.images != 0 && baseline.images != images)
    throw UsageError(text("--baseline: ", baseline.name, " saw ", baseline.images,
                          " images, the models would see ", images));
  return baseline;
}

}  // namespace

Evaluation evaluation_of(const Evaluate& arguments) {
  if (arguments.precision != "fp32" && arguments.precision != "bf16")
    throw UsageError("--precision: expected fp32 or bf16, got " + arguments.precision);
  const std::unique_ptr<kernels::Gpu> gpu = gpu_of(arguments.device);
  const std::vector<ModelWithHeads> loaded = load(arguments);
  const ModelDescription& first = loaded.front().model.description;
  EvaluationImages images(arguments, first.dataset, first.classifier.height);
  const std::optional<Baseline> baseline =
      baseline_of(arguments, first.dataset, images.test().count);
  const std::vector<ImageSet> sets = images.sets();

  const int threads = threads_or_all(arguments.threads);
  kernels::ThreadPool pool(threads);
  const engine::Type storage =
      arguments.precision == "bf16" ? engine::Type::BFloat16 : engine::Type::Float;
  std::vector<EvaluatedModel> models;
  std::vector<std::unique_ptr<Evaluator>> evaluators;
  std::vector<Candidate> candidates;
  for (const ModelWithHeads& model : loaded) {
    models.push_back(named(model));
    evaluators.push_back(std::make_unique<Evaluator>(pool, storage, model.model, gpu.get(),
                                                     static_cast<int>(model.views.size())));
    candidates.push_back({evaluators.back().get(), model.model.description.normalization});
  }
  Progress progress("evaluate", static_cast<long>(sets.size()) * images.test().count);
  const auto start = std::chrono::steady_clock::now();
  const SetErrors errors = evaluate_sets(candidates, images.test(), sets, threads,
                                         [&](long seen) { progress.update(seen); });
  progress.clear_line();
  images.warn();

  Evaluation evaluation{
      .dataset = first.dataset,
      .images = images.test().count,
      .views = images.views(),
      .kinds = images.kinds(),
      .severities = images.severities(),
      .source = images.source(),
      .published = images.published(),
      .baseline = baseline,
      .models = std::move(models),
      .seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()};
  for (std::size_t m = 0; m < loaded.size(); ++m) {
    EvaluatedModel& model = evaluation.models[m];
    for (std::size_t c = 0; c < model.classifiers.size(); ++c) {
      std::vector<Errors> own;
      for (const auto& of_set : errors) own.push_back(of_set[m][c]);
      fill(model.classifiers[c], own, images);
    }
  }
  return evaluation;
}

std::string description_of(const EvaluatedModel& model) {
  const std::string& name = model.description.classifier.model;
  if (!model.cost) return name + ", training not known";
  return text(name, ", ", model.cost->method, ", ", model.cost->epochs, " epochs, ",
              grouped(model.cost->view_images), " view-images, ", duration(model.cost->seconds),
              " of training");
}

}  // namespace tools
