#include "aux_training/evaluation/baseline.h"

#include <nlohmann/json.hpp>

#include "aux_training/report/run_folder.h"
#include "data/digest.h"

namespace aux_training {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* kFormat = "auxtrain baseline";

long count_of(const json& value, long images) {
  const long count = value.get<long>();
  if (!value.is_number_integer() || count < 0 || count > images) throw std::out_of_range("");
  return count;
}

void read_errors(const json& file, Baseline& baseline) {
  baseline.images = file.at("images").get<long>();
  if (baseline.images < 1) throw std::out_of_range("");
  const double images = static_cast<double>(baseline.images);
  baseline.clean = static_cast<double>(count_of(file.at("clean"), baseline.images)) / images;
  for (int kind = 0; kind < kKinds; ++kind) {
    const json& wrong = file.at("wrong").at(name_of(static_cast<Kind>(kind)));
    if (!wrong.is_array() || wrong.size() != kSeverities) throw std::out_of_range("");
    long sum = 0;
    for (const json& count : wrong) sum += count_of(count, baseline.images);
    baseline.mean[static_cast<std::size_t>(kind)] =
        static_cast<double>(sum) / (kSeverities * images);
  }
}

}  // namespace

Baseline read_baseline(const std::filesystem::path& path) {
  const std::string text = read_text_file(path);
  Baseline baseline;
  try {
    const json file = json::parse(text);
    if (file.at("format") != kFormat) throw std::out_of_range("");
    file.at("name").get_to(baseline.name);
    file.at("description").get_to(baseline.description);
    file.at("dataset").get_to(baseline.dataset);
    file.at("corruptions").get_to(baseline.corruptions);
    read_errors(file, baseline);
  } catch (const std::exception&) {
    throw kernels::Error(path.string() +
                         ": expected a baseline as auxtrain baseline writes it, with errors of all "
                         "19 corruptions");
  }
  baseline.sha256 = data::sha256(text);
  return baseline;
}

std::string baseline_json(const Baseline& baseline, const CorruptionErrors& errors) {
  ordered_json wrong;
  for (int index = 0; index < kKinds; ++index) {
    const Kind kind = static_cast<Kind>(index);
    CHECK(errors.has_all(kind), "baseline: ", name_of(kind), " must have all five severities");
    for (int severity = 1; severity <= kSeverities; ++severity)
      wrong[name_of(kind)].push_back(errors.at(kind, severity).top1);
  }
  return ordered_json{{"format", kFormat},
                      {"name", baseline.name},
                      {"description", baseline.description},
                      {"dataset", baseline.dataset},
                      {"corruptions", baseline.corruptions},
                      {"images", errors.clean.images},
                      {"clean", errors.clean.top1},
                      {"wrong", wrong}}
             .dump(2, ' ', false, ordered_json::error_handler_t::replace) +
         "\n";
}

const Baseline& published_alexnet() {
  static const Baseline kAlexNet = [] {
    Baseline b{.name = "alexnet",
               .description = "AlexNet of the ImageNet-C paper",
               .sha256 = {},
               .dataset = "imagenet",
               .corruptions = "ImageNet-C as published",
               .images = 0,
               .clean = .4348,
               .mean = {.886428, .894468, .922640, .819880, .826268, .785948, .798360, .866816,
                        .826572, .819324, .564592, .853204, .646056, .717840, .606500, .845388,
                        .787108, .717512, .658248}};
    std::string numbers = std::to_string(b.clean);
    for (const double error : b.mean) numbers += " " + std::to_string(error);
    b.sha256 = data::sha256(numbers);
    return b;
  }();
  return kAlexNet;
}

}  // namespace aux_training
