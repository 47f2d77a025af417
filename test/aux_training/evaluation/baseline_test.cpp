#include "aux_training/evaluation/baseline.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "aux_training/report/run_folder.h"
#include "data/digest.h"
#include "test/support/catch.h"
#include "test/support/contains.h"
#include "test/support/temporary_folder.h"

namespace {

using namespace aux_training;
using nlohmann::json;
using test_support::contains;

CorruptionErrors errors_of(int images) {
  CorruptionErrors errors;
  errors.clean = {images, images / 10, 0};
  for (int kind = 0; kind < kKinds; ++kind)
    for (int severity = 1; severity <= kSeverities; ++severity)
      errors.at(static_cast<Kind>(kind), severity) = {images, kind + severity, 0};
  return errors;
}

std::string some_file() {
  const Baseline named{.name = "alexnet",
                       .description = "alexnet, standard, 2 epochs",
                       .sha256 = {},
                       .dataset = "cifar10",
                       .corruptions = "made here"};
  return baseline_json(named, errors_of(100));
}

}  // namespace

TEST_CASE("baseline: what is written is read again") {
  const test::TemporaryFolder folder;
  const std::string text = some_file();
  const Baseline baseline = read_baseline(folder.file("baseline.json", text));
  CHECK(baseline.name == "alexnet");
  CHECK(baseline.description == "alexnet, standard, 2 epochs");
  CHECK(baseline.dataset == "cifar10");
  CHECK(baseline.corruptions == "made here");
  CHECK(baseline.images == 100);
  CHECK(baseline.clean == Approx(.1));
  for (int kind = 0; kind < kKinds; ++kind)
    CHECK(baseline.mean[static_cast<std::size_t>(kind)] == Approx((kind + 3) / 100.0));
  CHECK(baseline.mean_of({Kind::GaussianNoise, Kind::ImpulseNoise}) == Approx(.04));
  CHECK(baseline.sha256 == data::sha256(text));
  CHECK(*corruption_error(errors_of(100), baseline, Kind::Fog) == Approx(1));
  CHECK(*relative_corruption_error(errors_of(100), baseline, Kind::Fog) == Approx(1));
}

TEST_CASE("baseline: one that is not whole is not written") {
  CorruptionErrors errors = errors_of(100);
  errors.at(Kind::Fog, 4) = {};
  CHECK_THROWS_WITH(baseline_json({}, errors), contains("fog must have all five severities"));
}

TEST_CASE("baseline: a damaged file is refused by name") {
  const test::TemporaryFolder folder;
  const auto refused = [&](const std::string& text) {
    CHECK_THROWS_WITH(read_baseline(folder.file("damaged.json", text)),
                      contains("damaged.json: expected a baseline"));
  };
  refused("");
  refused("[]");
  refused(some_file().substr(0, 200));
  const auto changed = [&](const std::string& place, const json& value) {
    json file = json::parse(some_file());
    file[json::json_pointer(place)] = value;
    refused(file.dump());
  };
  changed("/format", "other");
  changed("/images", 0);
  changed("/clean", 101);
  changed("/wrong/fog/3", -1);
  changed("/wrong/fog/3", 101);
  changed("/wrong/fog/3", 1.5);
  changed("/wrong/fog/3", "1");
  changed("/wrong/fog", {1, 2, 3, 4});
  changed("/wrong/fog", 7);
  json file = json::parse(some_file());
  file["wrong"].erase("saturate");
  refused(file.dump());
  CHECK_THROWS_WITH(read_baseline(folder.path / "none.json"),
                    contains("none.json: cannot be read"));
}

TEST_CASE("baseline: AlexNet's published errors are shares of five times 50,000 images") {
  const Baseline& alexnet = published_alexnet();
  CHECK(alexnet.dataset == "imagenet");
  for (const double error : alexnet.mean) {
    const double wrong = error * 250000;
    CHECK(wrong == Approx(std::round(wrong)).epsilon(1e-12));
  }
  CHECK(alexnet.mean_of(kind_groups()[1].kinds) == Approx(11.834896 / 15));
  CHECK(alexnet.sha256.size() == 64);
}
