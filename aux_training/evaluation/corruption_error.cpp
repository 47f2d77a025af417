#include "aux_training/evaluation/corruption_error.h"

namespace aux_training {
namespace {

double baseline_mean(const Baseline& baseline, Kind kind) {
  return baseline.mean[static_cast<std::size_t>(kind)];
}

template <class Value>
std::optional<double> mean(const std::vector<Kind>& kinds, const Value& value) {
  double sum = 0;
  for (const Kind kind : kinds) {
    const std::optional<double> one = value(kind);
    if (!one) return {};
    sum += *one;
  }
  return sum / static_cast<double>(kinds.size());
}

}  // namespace

double Baseline::mean_of(const std::vector<Kind>& kinds) const {
  double sum = 0;
  for (const Kind kind : kinds) sum += baseline_mean(*this, kind);
  return sum / static_cast<double>(kinds.size());
}

std::optional<double> corruption_error(const CorruptionErrors& errors, const Baseline& baseline,
                                       Kind kind) {
  if (!errors.has_all(kind)) return {};
  return errors.mean(kind) / baseline_mean(baseline, kind);
}

std::optional<double> relative_corruption_error(const CorruptionErrors& errors,
                                                const Baseline& baseline, Kind kind) {
  if (!errors.has_all(kind)) return {};
  return (errors.mean(kind) - errors.clean.top1_error()) /
         (baseline_mean(baseline, kind) - baseline.clean);
}

std::optional<double> mean_corruption_error(const CorruptionErrors& errors,
                                            const Baseline& baseline,
                                            const std::vector<Kind>& kinds) {
  return mean(kinds, [&](Kind kind) { return corruption_error(errors, baseline, kind); });
}

std::optional<double> mean_relative_corruption_error(const CorruptionErrors& errors,
                                                     const Baseline& baseline,
                                                     const std::vector<Kind>& kinds) {
  return mean(kinds, [&](Kind kind) { return relative_corruption_error(errors, baseline, kind); });
}

std::optional<double> ratio_of_means(const CorruptionErrors& errors, const Baseline& baseline,
                                     const std::vector<Kind>& kinds) {
  const std::optional<double> own = errors.mean(kinds);
  if (!own) return {};
  return *own / baseline.mean_of(kinds);
}

}  // namespace aux_training
