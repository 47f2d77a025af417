#include "aux_training/model_file.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "aux_training/report/run_folder.h"

namespace aux_training {
namespace {

using engine::Role;
using nlohmann::json;

// Runs `read` and turns what goes wrong into an error that names file and key.
template <class Read>
auto metadata_of(const engine::Safetensors& file, const std::string& key, Read read) {
  const std::string& text = file.metadata(key);
  try {
    return read(text);
  } catch (const std::exception&) {
    throw kernels::Error(
        kernels::text(file.path().string(), ": metadata ", key, " makes no sense: ", text));
  }
}

int number_of(const engine::Safetensors& file, const std::string& key) {
  return metadata_of(file, key, [](const std::string& text) {
    const json value = json::parse(text);
    const auto number = value.get<std::int64_t>();
    if (!value.is_number_integer() || number < 1 || number > 1'000'000) throw std::out_of_range("");
    return static_cast<int>(number);
  });
}

void read_triple(const engine::Safetensors& file, const std::string& key, float least, float* to) {
  metadata_of(file, key, [&](const std::string& text) {
    const auto values = json::parse(text).get<std::vector<float>>();
    if (values.size() != 3) throw std::out_of_range("");
    for (float value : values)
      if (!(value >= least && std::isfinite(value))) throw std::out_of_range("");
    std::copy(values.begin(), values.end(), to);
    return 0;
  });
}

}  // namespace

engine::Metadata to_metadata(const ModelDescription& description) {
  const ClassifierSettings& c = description.classifier;
  const auto& [mean, std] = description.normalization;
  const int width = c.width > 0 ? c.width : models::find_backbone(c.model, c.stem).width;
  return {{"format", "auxtrain"},
          {"model", c.model},
          {"width", std::to_string(width)},
          {"classes", std::to_string(c.classes)},
          {"stem", name_of(c.stem)},
          {"image_height", std::to_string(c.height)},
          {"image_width", std::to_string(c.width_pixels)},
          {"stem_relu", c.stem_relu ? "true" : "false"},
          {"dataset", description.dataset},
          {"class_names",
           json(description.class_names).dump(-1, ' ', false, json::error_handler_t::replace)},
          {"normalization_mean", json(std::vector<float>(mean, mean + 3)).dump()},
          {"normalization_std", json(std::vector<float>(std, std + 3)).dump()}};
}

ModelDescription describe(const engine::Safetensors& file) {
  ModelDescription description;
  ClassifierSettings& c = description.classifier;
  c.model = file.metadata("model");
  c.stem = metadata_of(file, "stem", models::find_stem);
  metadata_of(file, "model",
              [&](const std::string& name) { return models::find_backbone(name, c.stem); });
  c.width = number_of(file, "width");
  c.classes = number_of(file, "classes");
  c.height = number_of(file, "image_height");
  c.width_pixels = number_of(file, "image_width");
  c.stem_relu = metadata_of(file, "stem_relu",
                            [](const std::string& text) { return json::parse(text).get<bool>(); });
  description.dataset = file.metadata("dataset");
  description.class_names = metadata_of(file, "class_names", [&](const std::string& text) {
    auto names = json::parse(text).get<std::vector<std::string>>();
    if (static_cast<int>(names.size()) != c.classes) throw std::out_of_range("");
    return names;
  });
  constexpr float kAnything = std::numeric_limits<float>::lowest();
  read_triple(file, "normalization_mean", kAnything, description.normalization.mean);
  read_triple(file, "normalization_std", kLeastDeviation, description.normalization.std);
  return description;
}

bool is_primary(const engine::Value& value) {
  if (value.name.starts_with("auxiliary.")) return false;
  return value.role == Role::Parameter ||
         (value.role == Role::State &&
          (value.name.ends_with("running_mean") || value.name.ends_with("running_var")));
}

void write_primary(const std::filesystem::path& path, engine::Session& session,
                   const ModelDescription& description) {
  engine::write_safetensors(path, engine::entries_of(session, is_primary),
                            to_metadata(description));
}

Model load_model(const std::string& path) {
  std::filesystem::path file = path;
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) {
    const RunFolder run = RunFolder::open(file);
    file = std::filesystem::exists(run.primary(), ignored) ? run.primary() : run.checkpoint();
    if (!std::filesystem::exists(file, ignored))
      throw kernels::UsageError(path +
                                ": holds neither primary.safetensors nor "
                                "checkpoint.safetensors; has anything been trained there?");
  } else if (!std::filesystem::exists(file, ignored)) {
    throw kernels::UsageError(path + ": no such run folder or .safetensors file");
  }
  engine::Safetensors weights = engine::Safetensors::read(file);
  ModelDescription description = describe(weights);
  return {path, std::move(description), std::move(weights)};
}

}  // namespace aux_training
