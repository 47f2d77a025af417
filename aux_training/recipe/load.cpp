// From a name or a file to a recipe: what it extends, its own keys, then --set.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "aux_training/recipe/builtin.h"
#include "aux_training/recipe/nearest.h"
#include "aux_training/recipe/recipe.h"
#include "aux_training/recipe/recipe_json.h"
#include "kernels/base/check.h"

namespace aux_training {
namespace {

namespace fs = std::filesystem;
using kernels::text;
using kernels::UsageError;

constexpr std::size_t kLargestFile = 1 << 20;

struct Source {
  std::string name;  // as errors show it
  std::string json;
  fs::path folder;  // where "extends" looks for files
};

std::string joined(const std::vector<int>& numbers) {
  std::string all;
  for (int number : numbers) all += (all.empty() ? "" : ", ") + std::to_string(number);
  return all.empty() ? "none" : all;
}

// Where a layer shortens the schedule below what it inherits, the inherited epochs shrink along.
void shrink_schedule(Json& tree, const Json& inherited, const Json& layer,
                     const std::string& source, std::vector<std::string>& notes) {
  const auto says = [&](const char* group, const char* name) {
    return layer.contains(group) && layer[group].contains(name);
  };
  const int before = inherited["schedule"]["epochs"].get<int>();
  const int after = tree["schedule"]["epochs"].get<int>();
  if (!says("schedule", "epochs") || after >= before) return;
  const auto shrunk = [&](int epoch) {
    return static_cast<int>(static_cast<long>(epoch) * after / before);
  };
  const auto note = [&](const char* key, const std::string& old, const std::string& now) {
    notes.push_back(
        text(source, ": ", key, ": ", old, " of ", before, " epochs became ", now, " of ", after));
  };

  Json& schedule = tree["schedule"];
  const auto milestones = schedule["milestones"].get<std::vector<int>>();
  const bool drops_shrink =
      !says("schedule", "milestones") && !milestones.empty() && milestones.back() >= after;
  if (drops_shrink) {
    std::vector<int> fewer;
    for (int milestone : milestones) {
      const int epoch = shrunk(milestone);
      if (epoch > (fewer.empty() ? 0 : fewer.back())) fewer.push_back(epoch);
    }
    schedule["milestones"] = fewer;
    if (schedule["kind"] == name_of(ScheduleKind::Multistep)) {
      note("schedule.milestones", joined(milestones), joined(fewer));
    }
  }
  Json& stage2 = tree["method"]["stage2_epoch"];
  if (!says("method", "stage2_epoch") && !stage2.is_null() &&
      (drops_shrink || stage2.get<int>() >= after)) {
    const int old = stage2.get<int>();
    stage2 = shrunk(old);
    note("method.stage2_epoch", std::to_string(old), std::to_string(stage2.get<int>()));
  }
  const double warmup = schedule["warmup"].get<double>();
  if (!says("schedule", "warmup") && warmup >= after) {
    schedule["warmup"] = warmup * after / before;
    note("schedule.warmup", text(warmup), text(warmup * after / before));
  }
}

// `named_in` is the folder of whoever names the recipe, and `chain` all that extend it.
Source find_source(const std::string& name_or_path, const fs::path& named_in,
                   const std::vector<std::string>& chain) {
  const std::string by = chain.empty() ? "" : chain.back() + ": extends: ";
  const std::string* const builtin = builtin_json(name_or_path);
  if (builtin != nullptr) return {name_or_path, *builtin, {}};
  const fs::path path = named_in / name_or_path;
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    throw UsageError(text(by, path.string(), ": expected a recipe, got a folder"));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::vector<std::string> names;
    for (const BuiltinRecipe& recipe : builtin_recipes()) names.push_back(recipe.name);
    const std::string close = nearest(name_or_path, names);
    throw UsageError(
        text(by, name_or_path, ": no such built-in recipe or file",
             close.empty() ? "; auxtrain recipes lists them" : "; did you mean " + close + "?"));
  }
  std::string json(kLargestFile + 1, '\0');
  file.read(json.data(), static_cast<std::streamsize>(json.size()));
  json.resize(static_cast<std::size_t>(file.gcount()));
  if (json.size() > kLargestFile) throw UsageError(path.string() + ": too large for a recipe");
  return {path.string(), std::move(json), path.parent_path()};
}

// The tree of a recipe after all that it extends.
Json load_tree(const Source& source, std::vector<std::string> chain,
               std::vector<std::string>& notes) {
  std::error_code ignored;
  const fs::path canonical = fs::weakly_canonical(source.name, ignored);
  const std::string identity =
      builtin_json(source.name) != nullptr ? source.name : canonical.string();
  for (const std::string& extending : chain) {
    if (extending == identity) {
      throw UsageError(text(source.name, ": extends: this recipe extends itself, over ",
                            chain.size(), chain.size() == 1 ? " step" : " steps"));
    }
  }
  chain.push_back(identity);

  Json layer = parse_object(source.json, source.name);
  Json inherited = default_tree();
  if (layer.contains("extends")) {
    if (!layer["extends"].is_string()) {
      throw UsageError(text(source.name, ": extends: expected a recipe's name or file, got ",
                            shown(layer["extends"])));
    }
    inherited = load_tree(find_source(layer["extends"].get<std::string>(), source.folder, chain),
                          chain, notes);
    inherited["description"] = "";
    layer.erase("extends");
  }
  Json tree = inherited;
  merge(tree, layer, source.name);
  shrink_schedule(tree, inherited, layer, source.name, notes);
  return tree;
}

// {"a": {"b": value}} from "a.b=value".
Json parse_set(const std::string& set, const std::string& source) {
  const std::size_t equals = set.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw UsageError(source + ": expected key=value, for example method.gamma=0.5");
  }
  const std::string key = set.substr(0, equals), given = set.substr(equals + 1);
  if (key == "extends") throw UsageError(source + ": expected a key of the recipe itself");
  Json value = Json::parse(given, nullptr, false);
  if (value.is_discarded()) value = given;

  const Json* known = &default_tree();
  std::vector<std::string> parts;
  std::istringstream path(key);
  for (std::string part; std::getline(path, part, '.');) {
    known =
        known != nullptr && known->is_object() && known->contains(part) ? &(*known)[part] : nullptr;
    parts.push_back(part);
  }
  const bool wants_text = known != nullptr && known->is_string();
  if (wants_text && !value.is_string()) value = given;  // init=2024 names a file
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    value = Json::object({{*part, value}});
  }
  return value;
}

LoadedRecipe load(const Source& source, const std::vector<std::string>& sets) {
  LoadedRecipe loaded;
  const Json inherited = load_tree(source, {}, loaded.notes);
  Json tree = inherited;
  Json all = Json::object();
  for (const std::string& set : sets) {
    const Json layer = parse_set(set, "--set " + set);
    merge(tree, layer, "--set " + set);
    all.merge_patch(layer);
  }
  shrink_schedule(tree, inherited, all, source.name, loaded.notes);
  loaded.recipe = recipe_of(tree, source.name);
  return loaded;
}

}  // namespace

LoadedRecipe load_recipe(const std::string& name_or_path, const std::vector<std::string>& sets) {
  return load(find_source(name_or_path, {}, {}), sets);
}

LoadedRecipe parse_recipe(const std::string& json, const std::string& source,
                          const std::vector<std::string>& sets) {
  return load({source, json, fs::path(source).parent_path()}, sets);
}

void require_supported(const Recipe& recipe) {
  const MethodName method = recipe.method.name;
  if (method != MethodName::Standard && method != MethodName::Auxiliary &&
      method != MethodName::DataAugmentation) {
    throw UsageError(text("method.name: this version does not train ", name_of(method),
                          "; expected standard, auxiliary or data_augmentation"));
  }
  if (!recipe.init.empty() && !recipe.init.ends_with(".safetensors")) {
    throw UsageError(text("init: expected a .safetensors file, got ", recipe.init,
                          "; auxtrain import makes one of a .pth file"));
  }
}

}  // namespace aux_training
