#include "aux_training/report/curves.h"

#include <algorithm>
#include <limits>

#include "aux_training/report/svg_plot.h"

namespace aux_training {
namespace {

constexpr int kTotalColor = kColors - 1;  // grey

using Part = NamedValues EpochRecord::*;

double value_of(const NamedValues& values, const std::string& name) {
  for (const auto& [known, value] : values) {
    if (known == name) return value;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

// All names that occur, in the order of their first epoch.
std::vector<std::string> names_in(const std::vector<EpochRecord>& epochs,
                                  std::initializer_list<Part> parts) {
  std::vector<std::string> names;
  for (const EpochRecord& record : epochs) {
    for (Part part : parts) {
      for (const auto& [name, unused] : record.*part) {
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
      }
    }
  }
  return names;
}

// "gaussian_blur" as people write it.
std::string readable(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

template <class Value>
Series series_of(const std::vector<EpochRecord>& epochs, int color, const Value& value) {
  Series series;
  series.color = color;
  for (const EpochRecord& record : epochs) {
    series.x.push_back(record.epoch);
    series.y.push_back(value(record));
  }
  return series;
}

bool occurs(const std::vector<EpochRecord>& epochs, Part part, const std::string& name) {
  return std::any_of(epochs.begin(), epochs.end(), [&](const EpochRecord& record) {
    return value_of(record.*part, name) == value_of(record.*part, name);  // is a number
  });
}

}  // namespace

std::string curves_svg(const std::string& title, const std::vector<EpochRecord>& epochs) {
  Panel accuracy{"Accuracy (solid: test, dotted: training)", "epoch", {}, false, true};
  const auto views = names_in(epochs, {&EpochRecord::test_accuracy, &EpochRecord::train_accuracy});
  for (std::size_t i = 0; i < views.size(); ++i) {
    bool named = false;
    for (Part part : {&EpochRecord::test_accuracy, &EpochRecord::train_accuracy}) {
      if (!occurs(epochs, part, views[i])) continue;
      Series series = series_of(epochs, static_cast<int>(i), [&](const EpochRecord& record) {
        return value_of(record.*part, views[i]);
      });
      series.name = named ? "" : readable(views[i]);
      series.dashed = part == &EpochRecord::train_accuracy;
      named = true;
      accuracy.series.push_back(std::move(series));
    }
  }

  Panel losses{"Losses (training)", "epoch", {}, true, false};
  const auto parts = names_in(epochs, {&EpochRecord::losses});
  for (const std::string& part : parts) {
    // A view has one colour in both charts.
    const auto view = std::find(views.begin(), views.end(), part);
    const auto other = std::find(parts.begin(), parts.end(), part) - parts.begin();
    const int color = static_cast<int>(view != views.end() ? view - views.begin() : other);
    losses.series.push_back(series_of(
        epochs, color, [&](const EpochRecord& record) { return value_of(record.losses, part); }));
    losses.series.back().name = readable(part);
  }
  losses.series.push_back(
      series_of(epochs, kTotalColor, [](const EpochRecord& record) { return record.loss; }));
  losses.series.back().name = "total";
  return svg_plot(title, {accuracy, losses});
}

}  // namespace aux_training
