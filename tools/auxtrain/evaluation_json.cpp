#include <nlohmann/json.hpp>

#include "tools/auxtrain/evaluation.h"

namespace tools {
namespace {

using namespace aux_training;
using nlohmann::ordered_json;

ordered_json interval_json(double share, long images) {
  const Interval interval = interval_95(share, images);
  return {interval.low, interval.high};
}

void add(ordered_json& json, const std::string& key, const std::optional<double>& value) {
  if (value) json[key] = *value;
}

ordered_json kind_json(const Evaluation& evaluation, const CorruptionErrors& errors, Kind kind) {
  ordered_json json;
  for (const int severity : evaluation.severities) {
    const Errors& own = errors.at(kind, severity);
    json["errors"].push_back(own.top1_error());
    json["wrong"].push_back(own.top1);
    json["intervals"].push_back(interval_json(own.top1_error(), own.images));
  }
  json["mean_error"] = errors.mean(kind);
  json["interval"] = interval_json(errors.mean(kind), errors.clean.images);
  if (!evaluation.baseline) return json;
  add(json, "ce", corruption_error(errors, *evaluation.baseline, kind));
  add(json, "relative_ce", relative_corruption_error(errors, *evaluation.baseline, kind));
  return json;
}

void add_means(ordered_json& json, const Evaluation& evaluation, const CorruptionErrors& errors) {
  json["mean_error"] = errors.mean();
  for (const KindGroup& group : kind_groups()) {
    add(json, "mean_error_" + group.key, errors.mean(group.kinds));
    if (!evaluation.baseline) continue;
    const Baseline& baseline = *evaluation.baseline;
    add(json, "mean_ce_" + group.key, mean_corruption_error(errors, baseline, group.kinds));
    add(json, "relative_mean_ce_" + group.key,
        mean_relative_corruption_error(errors, baseline, group.kinds));
    add(json, "ratio_of_means_" + group.key, ratio_of_means(errors, baseline, group.kinds));
  }
}

void add_errors(ordered_json& json, const Evaluation& evaluation,
                const EvaluatedClassifier& classifier) {
  const CorruptionErrors& errors = classifier.errors;
  const Errors& clean = errors.clean;
  json["clean"] = {{"top1_error", clean.top1_error()},
                   {"top5_error", clean.top5_error()},
                   {"wrong", clean.top1},
                   {"interval", interval_json(clean.top1_error(), clean.images)}};
  for (std::size_t i = 0; i < evaluation.views.size(); ++i)
    json["training_corruptions"][data::name_of(evaluation.views[i].corruption)] = {
        {"strength", evaluation.views[i].strength},
        {"top1_error", classifier.views[i].top1_error()}};
  if (!evaluation.views.empty())
    json["mean_error_training_corruptions"] = mean_error_of_views(classifier);
  if (evaluation.kinds.empty()) return;
  for (const Kind kind : evaluation.kinds)
    json["corruptions"][name_of(kind)] = kind_json(evaluation, errors, kind);
  add_means(json, evaluation, errors);
}

ordered_json training_json(const TrainingCost& cost) {
  return {{"method", cost.method},
          {"epochs", cost.epochs},
          {"steps", cost.steps},
          {"view_images", cost.view_images},
          {"seconds", cost.seconds}};
}

ordered_json baseline_json(const Baseline& baseline) {
  return {{"name", baseline.name},
          {"description", baseline.description},
          {"sha256", baseline.sha256},
          {"corruptions", baseline.corruptions},
          {"clean_error", baseline.clean},
          {"mean_error_19", baseline.mean_of(kind_groups().front().kinds)}};
}

ordered_json model_json(const Evaluation& evaluation, const EvaluatedModel& model) {
  ordered_json json{{"model", model.description.classifier.model},
                    {"file", model.file},
                    {"dataset", evaluation.dataset},
                    {"images", evaluation.images}};
  if (model.cost) json["training"] = training_json(*model.cost);
  if (!evaluation.kinds.empty()) {
    json["corrupted_images"] = evaluation.source;
    json["published_arrays"] = ordered_json::array();
    for (const Kind kind : evaluation.published) json["published_arrays"].push_back(name_of(kind));
    json["severities"] = evaluation.severities;
  }
  add_errors(json, evaluation, model.classifiers.front());
  if (evaluation.baseline) json["baseline"] = baseline_json(*evaluation.baseline);
  for (std::size_t head = 1; head < model.classifiers.size(); ++head) {
    ordered_json of_head{{"view", model.classifiers[head].head}};
    add_errors(of_head, evaluation, model.classifiers[head]);
    json["heads"].push_back(of_head);
  }
  return json;
}

}  // namespace

std::string json_of(const Evaluation& evaluation) {
  ordered_json all = ordered_json::array();
  for (const EvaluatedModel& model : evaluation.models)
    all.push_back(model_json(evaluation, model));
  // Paths need not be UTF-8.
  return (all.size() == 1 ? all[0] : all)
      .dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace tools
