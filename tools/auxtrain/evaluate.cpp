#include <cstdio>
#include <nlohmann/json.hpp>

#include "aux_training/evaluation.h"
#include "aux_training/report/progress.h"
#include "aux_training/report/table.h"
#include "tools/auxtrain/commands.h"

namespace tools {
namespace {

using namespace aux_training;
using nlohmann::ordered_json;

constexpr std::uint64_t kSeed = 0;  // of the corruptions; the same for every model

struct Result {
  Model model;
  std::vector<Errors> errors;  // by view
  double mean_corrupted() const {
    double sum = 0;
    for (size_t view = 1; view < errors.size(); ++view) sum += errors[view].top1_error();
    return sum / static_cast<double>(errors.size() - 1);
  }
};

std::string title(const data::View& view) {
  if (view.corruption == data::Corruption::None) return "clean";
  return kernels::text(data::name_of(view.corruption), " ", view.strength);
}

std::string table_of(const std::vector<Result>& results, const std::vector<data::View>& views) {
  std::vector<Table::Column> columns{{"error", Align::Left}};
  for (const Result& result : results) columns.push_back({result.model.name, Align::Right});
  Table table(columns);
  for (size_t view = 0; view < views.size(); ++view) {
    std::vector<std::string> cells{title(views[view])};
    for (const Result& result : results)
      cells.push_back(percent(result.errors[view].top1_error(), 2));
    table.row(cells);
  }
  if (views.size() > 1) {
    table.line();
    std::vector<std::string> cells{"mean corrupted"};
    for (const Result& result : results) cells.push_back(percent(result.mean_corrupted(), 2));
    table.row(cells);
  }
  return table.str();
}

ordered_json json_of(const Result& result, const std::vector<data::View>& views) {
  const ModelDescription& description = result.model.description;
  ordered_json json{{"model", description.classifier.model},
                    {"file", result.model.weights.path().string()},
                    {"dataset", description.dataset},
                    {"images", result.errors[0].images},
                    {"clean",
                     {{"top1_error", result.errors[0].top1_error()},
                      {"top5_error", result.errors[0].top5_error()}}}};
  if (views.size() == 1) return json;
  for (size_t view = 1; view < views.size(); ++view)
    json["training_corruptions"][data::name_of(views[view].corruption)] = {
        {"strength", views[view].strength}, {"top1_error", result.errors[view].top1_error()}};
  json["mean_error_training_corruptions"] = result.mean_corrupted();
  return json;
}

}  // namespace

int evaluate(const Evaluate& arguments) {
  if (arguments.corruptions != "none" && arguments.corruptions != "training")
    throw kernels::UsageError("--corruptions: expected none or training, got " +
                              arguments.corruptions);
  if (arguments.precision != "fp32" && arguments.precision != "bf16")
    throw kernels::UsageError("--precision: expected fp32 or bf16, got " + arguments.precision);
  std::vector<Result> results;
  for (const std::string& path : arguments.models) results.push_back({load_model(path), {}});
  const std::string name = results[0].model.description.dataset;
  for (const Result& result : results)
    if (result.model.description.dataset != name)
      throw kernels::UsageError(kernels::text(
          "evaluate: ", result.model.name, " was trained on ", result.model.description.dataset,
          ", ", results[0].model.name, " on ", name, "; evaluate them one by one"));
  const data::Dataset dataset = data::load_dataset(name, data::data_directory(arguments.data));
  const std::vector<data::View> views = arguments.corruptions == "training"
                                            ? data::default_views()
                                            : std::vector<data::View>{data::View{}};

  kernels::ThreadPool pool(threads_or_all(arguments.threads));
  const engine::Type storage =
      arguments.precision == "bf16" ? engine::Type::BFloat16 : engine::Type::Float;
  const long total = static_cast<long>(results.size() * views.size()) * dataset.test.count;
  Progress progress("evaluate", total);
  long done = 0;
  for (Result& result : results) {
    Evaluator evaluator(pool, storage, result.model);
    for (const data::View& view : views) {
      result.errors.push_back(
          evaluator.evaluate(dataset.test, result.model.description.normalization, view, kSeed));
      progress.update(done += dataset.test.count);
    }
  }
  progress.clear_line();

  if (arguments.json != "-")
    std::printf("%s, %d test images\n%s", name.c_str(), dataset.test.count,
                table_of(results, views).c_str());
  ordered_json all = ordered_json::array();
  for (const Result& result : results) all.push_back(json_of(result, views));
  write_json(arguments.json, (all.size() == 1 ? all[0] : all).dump(2));
  return 0;
}

}  // namespace tools
