#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "aux_training/model_file.h"
#include "aux_training/pretrained.h"
#include "engine/runtime/available_memory.h"
#include "tools/auxtrain/commands.h"

namespace tools {
namespace {

using namespace aux_training;

bool is_large(const Import& arguments) { return arguments.stem == "imagenet"; }

ClassifierSettings settings_of(const Import& arguments, const engine::WeightFile& weights) {
  const models::Stem stem = models::find_stem(arguments.stem);
  const models::Backbone& backbone = models::find_backbone(arguments.model, stem);
  return {.model = arguments.model,
          .stem = stem,
          .width = arguments.width,
          .classes = classes_of(weights, backbone),
          .height = models::image_side(stem),
          .width_pixels = models::image_side(stem)};
}

bool is_utf8(const std::string& text) {
  using Json = nlohmann::json;
  const std::string kept = Json(text).dump(-1, ' ', false, Json::error_handler_t::ignore);
  return Json::parse(kept) == text;
}

// Of a file with a name a line, else numbers.
std::vector<std::string> class_names(const std::string& path, int classes) {
  std::vector<std::string> names;
  if (path.empty()) {
    for (int c = 0; c < classes; ++c) names.push_back(std::to_string(c));
    return names;
  }
  std::ifstream file(path);
  if (!file) throw kernels::UsageError("--class-names: " + path + ": cannot be opened");
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    names.push_back(line);
    if (!is_utf8(line))
      throw kernels::UsageError(
          kernels::text("--class-names: ", path, ":", names.size(), ": expected UTF-8"));
  }
  if (names.size() != static_cast<size_t>(classes))
    throw kernels::UsageError(kernels::text("--class-names: expected a name a line for ", classes,
                                            " classes, got ", names.size(), " in ", path));
  return names;
}

data::Normalization normalization(const Import& arguments) {
  for (const auto& [option, values] :
       {std::pair{"--mean", &arguments.mean}, std::pair{"--std", &arguments.std}})
    if (!values->empty() && values->size() != 3)
      throw kernels::UsageError(kernels::text(option,
                                              ": expected three numbers, as in "
                                              "0.5,0.5,0.5, got ",
                                              values->size()));
  data::Normalization result =
      is_large(arguments) ? data::kImageNetNormalization : data::kCifarNormalization;
  std::copy(arguments.mean.begin(), arguments.mean.end(), result.mean);
  std::copy(arguments.std.begin(), arguments.std.end(), result.std);
  for (const float mean : result.mean)
    if (!std::isfinite(mean))
      throw kernels::UsageError(kernels::text("--mean: expected finite numbers, got ", mean));
  for (const float deviation : result.std)
    if (!(deviation >= kLeastDeviation && std::isfinite(deviation)))
      throw kernels::UsageError(kernels::text("--std: expected finite numbers from ",
                                              kLeastDeviation, ", got ", deviation));
  return result;
}

}  // namespace

int import_model(const Import& arguments) {
  if (!arguments.output.ends_with(".safetensors"))
    throw kernels::UsageError("--output: expected a name ending in .safetensors, got " +
                              arguments.output);
  require_writable("--output", arguments.output);
  if (!is_utf8(arguments.dataset)) throw kernels::UsageError("--dataset: expected UTF-8");
  const engine::WeightFile weights = engine::WeightFile::read(arguments.file);
  const ClassifierSettings settings = settings_of(arguments, weights);
  const ModelDescription description{
      .classifier = settings,
      .dataset = !arguments.dataset.empty() ? arguments.dataset
                 : is_large(arguments)      ? "imagenet"
                                            : "unknown",
      .class_names = class_names(arguments.class_names, settings.classes),
      .normalization = normalization(arguments)};
  kernels::ThreadPool pool(1);
  const auto network =
      record_inference(kernels::Cpu{&pool}, engine::Type::Float, settings, features_of(settings));
  engine::require_memory(network->program, engine::available_memory(),
                         "a smaller --width would take less");
  engine::Session session(network->program);
  load_pretrained(session, weights, models::find_backbone(settings.model, settings.stem));
  write_primary(arguments.output, session, description);
  print_written(arguments.output, settings.model, settings.classes,
                network->program.parameter_count());
  return 0;
}

}  // namespace tools
