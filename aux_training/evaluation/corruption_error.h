// Corruption error (CE): a model's errors in units of another's, which is AlexNet in the benchmark.
// Hendrycks, Dietterich (2019), section 4.2; the paper's equation 8. With E the model's and A the
// baseline's error, sums over the five severities s:
//
//   CE of a corruption            sum E_s / sum A_s
//   relative CE                   sum (E_s - E_clean) / sum (A_s - A_clean)
//   mean CE, mean relative CE     mean of these over the corruptions
//   ratio of means                mean E / mean A over corruptions and severities
//
// Only the ratio of means divides out between two models: a mean of ratios weighs a corruption by
// how well the baseline does on it. Everything is none where a severity is missing.
#pragma once

#include "aux_training/evaluation/corruption_errors.h"

namespace aux_training {

struct Baseline {
  std::string name;         // "alexnet"
  std::string description;  // what it is and how long it was trained, in one line
  std::string sha256;       // of the file with its errors
  std::string dataset;
  std::string corruptions;            // where its corrupted images came from
  long images = 0;                    // of the test set; 0: not known
  double clean = 0;                   // error
  std::array<double, kKinds> mean{};  // error by kind, over the five severities

  double mean_of(const std::vector<Kind>& kinds) const;
};

std::optional<double> corruption_error(const CorruptionErrors&, const Baseline&, Kind);
std::optional<double> relative_corruption_error(const CorruptionErrors&, const Baseline&, Kind);

std::optional<double> mean_corruption_error(const CorruptionErrors&, const Baseline&,
                                            const std::vector<Kind>&);
std::optional<double> mean_relative_corruption_error(const CorruptionErrors&, const Baseline&,
                                                     const std::vector<Kind>&);
std::optional<double> ratio_of_means(const CorruptionErrors&, const Baseline&,
                                     const std::vector<Kind>&);

}  // namespace aux_training
