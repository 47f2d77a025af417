// A classifier's errors on the benchmark's corruptions: whole numbers of images, and means of them.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "aux_training/evaluation.h"
#include "data/corruptions/corruptions.h"

namespace aux_training {

using data::corruptions::Kind;
using data::corruptions::kKinds;
using data::corruptions::kSeverities;

struct Interval {
  double low, high;
};
// Wilson's 95% interval of a share of which `share` was seen in `images` trials (1927):
//   (p + z^2 / 2n -+ z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n), z = 1.96.
//
// The mean of several errors on copies of the same images is taken for such a share of that many
// images, not of that many copies. Since a number in [0, 1] of mean p varies by p (1 - p) at most,
// the interval is then too wide rather than too narrow.
Interval interval_95(double share, long images);

// Corruptions whose mean is of interest.
struct KindGroup {
  std::string key;    // in JSON: "19", "15", "near_training", "unseen"
  std::string title;  // for people
  std::vector<Kind> kinds;
};
// All 19; the benchmark's own 15; those that resemble what auxiliary classifiers are trained on
// (noise, blur and changes of colour), and all others.
const std::vector<KindGroup>& kind_groups();

class CorruptionErrors {
 public:
  Errors clean;

  // Severities are 1 to 5.
  Errors& at(Kind kind, int severity) { return errors_[index(kind)][check(severity)]; }
  const Errors& at(Kind kind, int severity) const { return errors_[index(kind)][check(severity)]; }

  bool has(Kind kind, int severity) const { return at(kind, severity).images > 0; }
  bool has_all(Kind kind) const;    // five severities
  std::vector<Kind> kinds() const;  // with one at least
  double mean(Kind kind) const;     // of the severities there are; not-a-number without any
  double mean() const;              // of the kinds there are
  // None unless every kind has all five severities.
  std::optional<double> mean(const std::vector<Kind>& kinds) const;

 private:
  static std::size_t index(Kind kind) { return static_cast<std::size_t>(kind); }
  static std::size_t check(int severity);
  std::array<std::array<Errors, kSeverities>, kKinds> errors_{};
};

}  // namespace aux_training
