#include "aux_training/evaluation/corruption_errors.h"

#include <set>

#include "aux_training/evaluation/corruption_error.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

namespace {

using namespace aux_training;
using test_support::contains;

constexpr int kImages = 10;

// Two of ten images wrong everywhere, of gaussian noise 2, 4, 4, 4, 6; one of the clean ones.
CorruptionErrors some_errors() {
  CorruptionErrors errors;
  errors.clean = {kImages, 1, 0};
  for (const Kind kind : kind_groups().front().kinds)
    for (int severity = 1; severity <= kSeverities; ++severity)
      errors.at(kind, severity) = {kImages, 2, 0};
  const int wrong[] = {2, 4, 4, 4, 6};
  for (int severity = 1; severity <= kSeverities; ++severity)
    errors.at(Kind::GaussianNoise, severity).top1 = wrong[severity - 1];
  return errors;
}

// Half of all images wrong, of gaussian noise 80%; 30% of the clean ones.
Baseline some_baseline() {
  Baseline baseline;
  baseline.clean = .3;
  baseline.mean.fill(.5);
  baseline.mean[0] = .8;
  return baseline;
}

const std::vector<Kind>& group(const std::string& key) {
  for (const KindGroup& known : kind_groups())
    if (known.key == key) return known.kinds;
  throw std::out_of_range(key);
}

}  // namespace

TEST_CASE("intervals are Wilson's") {
  // By hand: z^2 = 3.841459; of 50 in 100: (.5 + .019207 -+ .099822) / 1.038415.
  CHECK(interval_95(.5, 100).low == Approx(.403832).epsilon(1e-5));
  CHECK(interval_95(.5, 100).high == Approx(.596168).epsilon(1e-5));
  // None of 10: 0 to z^2 / (10 + z^2).
  CHECK(interval_95(0, 10).low == Approx(0).margin(1e-12));
  CHECK(interval_95(0, 10).high == Approx(.277533).epsilon(1e-5));
  CHECK(interval_95(1, 10).low == Approx(.722467).epsilon(1e-5));
  CHECK(interval_95(1, 10).high == Approx(1));
}

TEST_CASE("groups of corruptions: the benchmark's, and near training and unseen apart") {
  CHECK(group("19").size() == 19);
  CHECK(group("15").size() == 15);
  CHECK(group("near_training").size() == 9);
  CHECK(group("unseen").size() == 10);
  for (const Kind extra : {Kind::SpeckleNoise, Kind::GaussianBlur, Kind::Spatter, Kind::Saturate})
    CHECK(std::count(group("15").begin(), group("15").end(), extra) == 0);
  std::set<Kind> both(group("near_training").begin(), group("near_training").end());
  both.insert(group("unseen").begin(), group("unseen").end());
  CHECK(both.size() == 19);
  for (const Kind kind : {Kind::ImpulseNoise, Kind::DefocusBlur, Kind::Saturate})
    CHECK(std::count(group("near_training").begin(), group("near_training").end(), kind) == 1);
  for (const Kind kind : {Kind::GlassBlur, Kind::Fog, Kind::JpegCompression, Kind::Spatter})
    CHECK(std::count(group("unseen").begin(), group("unseen").end(), kind) == 1);
}

TEST_CASE("means of errors") {
  const CorruptionErrors errors = some_errors();
  CHECK(errors.mean(Kind::GaussianNoise) == Approx(.4));
  CHECK(errors.mean(Kind::Fog) == Approx(.2));
  CHECK(*errors.mean(group("19")) == Approx((.4 + 18 * .2) / 19));
  CHECK(*errors.mean(group("15")) == Approx((.4 + 14 * .2) / 15));
  CHECK(*errors.mean(group("near_training")) == Approx((.4 + 8 * .2) / 9));
  CHECK(*errors.mean(group("unseen")) == Approx(.2));
  CHECK_THROWS_WITH(errors.at(Kind::Fog, 6), contains("expected 1 to 5, got 6"));
}

TEST_CASE("corruption errors are those computed by hand") {
  const CorruptionErrors errors = some_errors();
  const Baseline baseline = some_baseline();
  CHECK(*corruption_error(errors, baseline, Kind::GaussianNoise) == Approx(.5));
  CHECK(*corruption_error(errors, baseline, Kind::Fog) == Approx(.4));
  CHECK(*relative_corruption_error(errors, baseline, Kind::GaussianNoise) == Approx(.6));
  CHECK(*relative_corruption_error(errors, baseline, Kind::Fog) == Approx(.5));
  CHECK(*mean_corruption_error(errors, baseline, group("19")) == Approx((.5 + 18 * .4) / 19));
  CHECK(*mean_corruption_error(errors, baseline, group("unseen")) == Approx(.4));
  CHECK(*mean_relative_corruption_error(errors, baseline, group("15")) ==
        Approx((.6 + 14 * .5) / 15));
  CHECK(*ratio_of_means(errors, baseline, group("19")) == Approx(4.0 / 9.8));
}

TEST_CASE("what is not whole has errors, but no corruption error and no mean of its group") {
  CorruptionErrors errors = some_errors();
  errors.at(Kind::Fog, 2) = {};
  const Baseline baseline = some_baseline();
  CHECK_FALSE(errors.has_all(Kind::Fog));
  CHECK(errors.has(Kind::Fog, 3));
  CHECK(errors.mean(Kind::Fog) == Approx(.2));
  CHECK_FALSE(corruption_error(errors, baseline, Kind::Fog));
  CHECK_FALSE(relative_corruption_error(errors, baseline, Kind::Fog));
  CHECK(corruption_error(errors, baseline, Kind::Snow));
  for (const char* key : {"19", "15", "unseen"}) {
    CHECK_FALSE(errors.mean(group(key)));
    CHECK_FALSE(mean_corruption_error(errors, baseline, group(key)));
    CHECK_FALSE(ratio_of_means(errors, baseline, group(key)));
  }
  CHECK(errors.mean(group("near_training")));

  CorruptionErrors two;
  two.at(Kind::Snow, 1) = {kImages, 3, 0};
  two.at(Kind::Contrast, 5) = {kImages, 4, 0};
  CHECK(two.kinds() == std::vector<Kind>{Kind::Snow, Kind::Contrast});
  CHECK(two.mean() == Approx(.35));
}
