#include "aux_training/evaluation/corruption_errors.h"

#include <algorithm>
#include <cmath>

#include "kernels/base/check.h"

namespace aux_training {
namespace {

std::vector<Kind> first_kinds(int count) {
  std::vector<Kind> kinds;
  for (int kind = 0; kind < count; ++kind) kinds.push_back(static_cast<Kind>(kind));
  return kinds;
}

std::vector<KindGroup> make_groups() {
  const std::vector<Kind> all = first_kinds(kKinds);
  const std::vector<Kind> near = {Kind::GaussianNoise, Kind::ShotNoise,    Kind::ImpulseNoise,
                                  Kind::DefocusBlur,   Kind::Brightness,   Kind::Contrast,
                                  Kind::SpeckleNoise,  Kind::GaussianBlur, Kind::Saturate};
  std::vector<Kind> unseen;
  std::set_difference(all.begin(), all.end(), near.begin(), near.end(), std::back_inserter(unseen));
  return {{"19", "mean of all 19", all},
          {"15", "mean of the benchmark's 15", first_kinds(15)},
          {"near_training", "mean of 9 near training", near},
          {"unseen", "mean of 10 unseen", unseen}};
}

double mean_of(double sum, std::size_t count) { return sum / static_cast<double>(count); }

}  // namespace

Interval interval_95(double share, long images) {
  constexpr double z = 1.959963984540054;  // half of 5% lies above, of a normal distribution
  const double n = static_cast<double>(images), weight = z * z / n;
  const double middle = share + weight / 2;
  const double reach = z * std::sqrt(share * (1 - share) / n + weight / (4 * n));
  return {std::max(0.0, (middle - reach) / (1 + weight)),
          std::min(1.0, (middle + reach) / (1 + weight))};
}

const std::vector<KindGroup>& kind_groups() {
  static const std::vector<KindGroup> kGroups = make_groups();
  return kGroups;
}

std::size_t CorruptionErrors::check(int severity) {
  CHECK(severity >= 1 && severity <= kSeverities, "severity: expected 1 to ", kSeverities, ", got ",
        severity);
  return static_cast<std::size_t>(severity) - 1;
}

bool CorruptionErrors::has_all(Kind kind) const {
  const auto& severities = errors_[index(kind)];
  return std::all_of(severities.begin(), severities.end(),
                     [](const Errors& errors) { return errors.images > 0; });
}

std::vector<Kind> CorruptionErrors::kinds() const {
  std::vector<Kind> kinds;
  for (const Kind kind : first_kinds(kKinds))
    if (std::isfinite(mean(kind))) kinds.push_back(kind);
  return kinds;
}

double CorruptionErrors::mean(Kind kind) const {
  Errors sum;
  for (const Errors& errors : errors_[index(kind)]) sum += errors;
  return sum.top1_error();
}

double CorruptionErrors::mean() const {
  double sum = 0;
  for (const Kind kind : kinds()) sum += mean(kind);
  return mean_of(sum, kinds().size());
}

std::optional<double> CorruptionErrors::mean(const std::vector<Kind>& kinds) const {
  double sum = 0;
  for (const Kind kind : kinds) {
    if (!has_all(kind)) return {};
    sum += mean(kind);
  }
  return mean_of(sum, kinds.size());
}

}  // namespace aux_training
