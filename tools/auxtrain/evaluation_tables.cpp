#include <limits>

#include "aux_training/report/table.h"
#include "tools/auxtrain/evaluation.h"

namespace tools {
namespace {

using namespace aux_training;
using kernels::text;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

std::string cell(std::optional<double> share) { return percent(share.value_or(kNone), 2); }

std::string interval_cell(double share, long images) {
  const Interval interval = interval_95(share, images);
  return text(percent(interval.low, 2), " to ", percent(interval.high, 2));
}

std::vector<const EvaluatedClassifier*> classifiers_of(const Evaluation& evaluation) {
  std::vector<const EvaluatedClassifier*> all;
  for (const EvaluatedModel& model : evaluation.models)
    for (const EvaluatedClassifier& classifier : model.classifiers) all.push_back(&classifier);
  return all;
}

// Rows of a name and a cell for each classifier.
class SideBySide {
 public:
  SideBySide(const std::string& title, std::vector<const EvaluatedClassifier*> classifiers)
      : classifiers_(std::move(classifiers)), table_(columns(title)) {}

  // cell_of(classifier) gives text.
  template <class CellOf>
  void row(const std::string& name, const CellOf& cell_of) {
    std::vector<std::string> cells{name};
    for (const EvaluatedClassifier* classifier : classifiers_)
      cells.push_back(cell_of(*classifier));
    table_.row(cells);
  }
  void line() { table_.line(); }
  std::string str() const { return table_.str(); }

 private:
  std::vector<Table::Column> columns(const std::string& title) const {
    std::vector<Table::Column> columns{{title, Align::Left}};
    for (const EvaluatedClassifier* classifier : classifiers_)
      columns.push_back({classifier->name, Align::Right});
    return columns;
  }
  std::vector<const EvaluatedClassifier*> classifiers_;
  Table table_;
};

// Errors of clean images and of views.
std::string table_of_views(const Evaluation& evaluation) {
  SideBySide table("error", classifiers_of(evaluation));
  table.row("clean", [](const auto& c) { return cell(c.errors.clean.top1_error()); });
  for (std::size_t i = 0; i < evaluation.views.size(); ++i) {
    const data::View& view = evaluation.views[i];
    table.row(text(data::name_of(view.corruption), " ", view.strength),
              [&](const auto& c) { return cell(c.views[i].top1_error()); });
  }
  if (evaluation.views.empty()) return table.str();
  table.line();
  table.row("mean corrupted", [&](const auto& c) { return cell(mean_error_of_views(c)); });
  return table.str();
}

// All severities of one classifier, with intervals and corruption errors.
std::string table_of_severities(const Evaluation& evaluation,
                                const EvaluatedClassifier& classifier) {
  const CorruptionErrors& errors = classifier.errors;
  std::vector<Table::Column> columns{{"error", Align::Left}};
  for (const int severity : evaluation.severities)
    columns.push_back({std::to_string(severity), Align::Right});
  columns.push_back({"mean", Align::Right});
  columns.push_back({"95% interval", Align::Right});
  const std::optional<Baseline>& baseline = evaluation.baseline;
  if (baseline)
    for (const char* title : {"CE", "relative CE", "ratio of means"})
      columns.push_back({title, Align::Right});
  Table table(columns);
  const auto row = [&](const std::string& name, const std::vector<std::string>& severities,
                       double mean, const std::vector<std::string>& ratios) {
    std::vector<std::string> cells{name};
    cells.insert(cells.end(), severities.begin(), severities.end());
    cells.resize(1 + evaluation.severities.size());
    cells.push_back(cell(mean));
    cells.push_back(interval_cell(mean, errors.clean.images));
    cells.insert(cells.end(), ratios.begin(), ratios.end());
    cells.resize(columns.size());
    table.row(cells);
  };

  row("clean", {}, errors.clean.top1_error(), {});
  for (const Kind kind : evaluation.kinds) {
    std::vector<std::string> severities, ratios;
    for (const int severity : evaluation.severities)
      severities.push_back(cell(errors.at(kind, severity).top1_error()));
    if (baseline)
      ratios = {cell(corruption_error(errors, *baseline, kind)),
                cell(relative_corruption_error(errors, *baseline, kind))};
    row(name_of(kind), severities, errors.mean(kind), ratios);
  }
  table.line();
  bool has_group = false;
  for (const KindGroup& group : kind_groups()) {
    const std::optional<double> mean = errors.mean(group.kinds);
    if (!mean) continue;
    has_group = true;
    std::vector<std::string> ratios;
    if (baseline)
      ratios = {cell(mean_corruption_error(errors, *baseline, group.kinds)),
                cell(mean_relative_corruption_error(errors, *baseline, group.kinds)),
                cell(ratio_of_means(errors, *baseline, group.kinds))};
    row(group.title, {}, *mean, ratios);
  }
  if (!has_group) row(text("mean of these ", evaluation.kinds.size()), {}, errors.mean(), {});
  return table.str();
}

std::string comparison(const Evaluation& evaluation) {
  const std::vector<const EvaluatedClassifier*> all = classifiers_of(evaluation);
  SideBySide table("mean error", all);
  table.row("clean", [](const auto& c) { return cell(c.errors.clean.top1_error()); });
  for (const Kind kind : evaluation.kinds)
    table.row(name_of(kind), [&](const auto& c) { return cell(c.errors.mean(kind)); });
  table.line();
  bool has_group = false;
  for (const KindGroup& group : kind_groups()) {
    if (!all.front()->errors.mean(group.kinds)) continue;
    has_group = true;
    table.row(group.title, [&](const auto& c) { return cell(c.errors.mean(group.kinds)); });
  }
  if (!has_group)
    table.row(text("mean of these ", evaluation.kinds.size()),
              [](const auto& c) { return cell(c.errors.mean()); });
  table.row(text("mean of ", evaluation.kinds.size(), " over the first's"),
            [&](const auto& c) { return cell(c.errors.mean() / all.front()->errors.mean()); });
  if (const std::optional<Baseline>& baseline = evaluation.baseline)
    for (const KindGroup& group : kind_groups())
      if (all.front()->errors.mean(group.kinds))
        table.row("CE, " + group.title, [&](const auto& c) {
          return cell(mean_corruption_error(c.errors, *baseline, group.kinds));
        });
  return table.str();
}

std::string head_note(const EvaluatedModel& model) {
  if (model.classifiers.size() == 1) return "";
  return "auxiliary classifiers: their own running statistics, behind the primary one's backbone\n";
}

}  // namespace

double mean_error_of_views(const EvaluatedClassifier& classifier) {
  double sum = 0;
  for (const Errors& errors : classifier.views) sum += errors.top1_error();
  return sum / static_cast<double>(classifier.views.size());
}

std::string tables_of(const Evaluation& evaluation) {
  std::string out =
      text(evaluation.dataset, ", ", evaluation.images, " test images",
           evaluation.source.empty() ? "" : "; corruptions: " + evaluation.source, "\n");
  for (const EvaluatedModel& model : evaluation.models)
    out += model.name + ": " + description_of(model) + "\n" + head_note(model);
  if (evaluation.kinds.empty()) return out + table_of_views(evaluation);

  if (const std::optional<Baseline>& baseline = evaluation.baseline)
    out += text("CE over ", baseline->name, " (", baseline->description, "): clean ",
                percent(baseline->clean, 2), ", mean of all 19 ",
                percent(baseline->mean_of(kind_groups().front().kinds), 2),
                "; corruptions: ", baseline->corruptions, "; sha256 ", baseline->sha256, "\n");
  const auto all = classifiers_of(evaluation);
  for (const EvaluatedClassifier* classifier : all)
    out += "\n" + (all.size() > 1 ? classifier->name + "\n" : "") +
           table_of_severities(evaluation, *classifier);
  if (all.size() > 1) out += "\n" + comparison(evaluation);
  const auto seen =
      static_cast<double>(evaluation.images) *
      (1 + static_cast<double>(evaluation.kinds.size() * evaluation.severities.size()));
  return out + text("\n", grouped(static_cast<long>(seen)), " images in ",
                    duration(evaluation.seconds), ", ",
                    grouped(static_cast<long>(seen / evaluation.seconds)), " images/s\n");
}

}  // namespace tools
