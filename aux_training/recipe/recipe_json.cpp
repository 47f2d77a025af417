#include "aux_training/recipe/recipe_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "aux_training/recipe/vocabulary.h"
#include "kernels/base/check.h"

namespace aux_training {
namespace {

using kernels::text;
using kernels::UsageError;

Json tree_of(const Recipe& recipe) {
  Json corruptions = Json::array();
  for (const CorruptionSetting& corruption : recipe.method.corruptions) {
    corruptions.push_back({{"name", corruption.name}, {"strength", corruption.strength}});
  }
  const MethodSettings& method = recipe.method;
  return {{"description", recipe.description},
          {"model",
           {{"name", recipe.model.name},
            {"classes", recipe.model.classes},
            {"stem", name_of(recipe.model.stem)},
            {"width", recipe.model.width}}},
          {"data",
           {{"name", recipe.data.name},
            {"augment", recipe.data.augment},
            {"batch", recipe.data.batch}}},
          {"method",
           {{"name", name_of(method.name)},
            {"alpha", method.alpha},
            {"lambda", method.lambda},
            {"gamma", method.gamma},
            {"stage2_epoch", method.stage2_epoch},
            {"merging", name_of(method.merging)},
            {"teacher", name_of(method.teacher)},
            {"temperature", method.temperature},
            {"attention", method.attention},
            {"selective_batch_norm", method.selective_batch_norm},
            {"corruptions", corruptions},
            {"wrap_noise", method.wrap_noise},
            {"stem_relu", method.stem_relu},
            {"flip_rotation", method.flip_rotation}}},
          {"optimizer",
           {{"lr", recipe.optimizer.lr},
            {"momentum", recipe.optimizer.momentum},
            {"weight_decay", recipe.optimizer.weight_decay},
            {"nesterov", recipe.optimizer.nesterov}}},
          {"schedule",
           {{"kind", name_of(recipe.schedule.kind)},
            {"epochs", recipe.schedule.epochs},
            {"milestones", recipe.schedule.milestones},
            {"factor", recipe.schedule.factor},
            {"warmup", recipe.schedule.warmup}}},
          {"precision", name_of(recipe.precision)},
          {"seed", recipe.seed},
          {"init", recipe.init},
          {"recompute", recipe.recompute}};
}

template <class Enumeration>
Enumeration enumerated(const Json& tree, const char* group, const char* name) {
  const auto& words = words_at(*group == '\0' ? name : text(group, ".", name));
  const Json& value = *group == '\0' ? tree[name] : tree[group][name];
  const auto at = std::find(words.begin(), words.end(), value.get_ref<const std::string&>());
  return static_cast<Enumeration>(at - words.begin());
}

const models::Backbone& backbone_of(const ModelSettings& model, const std::string& source) {
  try {
    return models::find_backbone(model.name, model.stem);
  } catch (const UsageError& error) {
    throw UsageError(text(source, ": ", error.what()));
  }
}

// What no single value shows.
void check_together(const Recipe& recipe, const std::string& source) {
  const auto require = [&](bool fine, const auto&... parts) {
    if (!fine) throw UsageError(text(source, ": ", parts...));
  };
  const int epochs = recipe.schedule.epochs;
  int previous = 0;
  for (int milestone : recipe.schedule.milestones) {
    require(milestone > previous, "schedule.milestones: expected growing numbers, got ", milestone,
            " after ", previous);
    require(milestone < epochs,
            "schedule.milestones: expected numbers below schedule.epochs = ", epochs, ", got ",
            milestone);
    previous = milestone;
  }
  require(recipe.schedule.warmup < epochs,
          "schedule.warmup: expected less than schedule.epochs = ", epochs, ", got ",
          recipe.schedule.warmup);

  const std::string& data = recipe.data.name;
  const int classes = data == "cifar100" ? 100 : data == "imagenet" ? recipe.model.classes : 10;
  require(recipe.model.classes == classes, "model.classes: expected ", classes, " for ", data,
          ", got ", recipe.model.classes);

  const models::Backbone& backbone = backbone_of(recipe.model, source);
  require(recipe.method.stem_relu || recipe.model.name != "alexnet",
          "method.stem_relu: false repeats an accident of the authors' ResNets; expected true for ",
          "alexnet");

  std::set<std::string> names;
  for (const CorruptionSetting& corruption : recipe.method.corruptions) {
    require(names.insert(corruption.name).second, "method.corruptions: ", corruption.name,
            " stands there twice");
  }
  const MethodSettings& method = recipe.method;
  require(!names.empty() || method.name != MethodName::DataAugmentation,
          "method.corruptions: data_augmentation needs at least one");
  if (method.name != MethodName::Auxiliary && method.name != MethodName::AuxiliaryAdversarial) {
    return;
  }
  require(!names.empty(), "method.corruptions: ", name_of(method.name), " needs at least one");
  require(method.gamma == 0 || method.stage2_epoch < epochs,
          "method.stage2_epoch: expected less than schedule.epochs = ", epochs, ", got ",
          method.stage2_epoch, " (method.gamma 0 trains without stage 2)");
  require(
      backbone.has_feature_map, "method.name: ", name_of(method.name),
      " needs batch norm and a feature map, which the ImageNet AlexNet does not have; expected ",
      "standard");
}

}  // namespace

const Json& default_tree() {
  static const Json kTree = [] {
    Json tree = tree_of(Recipe{});
    tree["method"]["stage2_epoch"] = nullptr;
    return tree;
  }();
  return kTree;
}

const std::vector<std::string>& all_keys() {
  static const std::vector<std::string> kKeys = [] {
    std::vector<std::string> keys = {"extends"};
    for (const auto& [name, value] : default_tree().items()) {
      keys.push_back(name);
      if (!value.is_object()) continue;
      for (const auto& [part, unused] : value.items()) keys.push_back(text(name, ".", part));
    }
    return keys;
  }();
  return kKeys;
}

Recipe recipe_of(const Json& tree, const std::string& source) {
  Recipe recipe;
  recipe.description = tree["description"].get<std::string>();

  const Json& model = tree["model"];
  recipe.model = {model["name"].get<std::string>(), model["classes"].get<int>(),
                  enumerated<Stem>(tree, "model", "stem"), model["width"].get<int>()};
  const Json& data = tree["data"];
  recipe.data = {data["name"].get<std::string>(), data["augment"].get<bool>(),
                 data["batch"].get<int>()};

  const Json& method = tree["method"];
  recipe.method.name = enumerated<MethodName>(tree, "method", "name");
  recipe.method.alpha = method["alpha"].get<double>();
  recipe.method.lambda = method["lambda"].get<double>();
  recipe.method.gamma = method["gamma"].get<double>();
  recipe.method.merging = enumerated<Merging>(tree, "method", "merging");
  recipe.method.teacher = enumerated<Teacher>(tree, "method", "teacher");
  recipe.method.temperature = method["temperature"].get<double>();
  recipe.method.attention = method["attention"].get<bool>();
  recipe.method.selective_batch_norm = method["selective_batch_norm"].get<bool>();
  recipe.method.corruptions.clear();
  for (const Json& corruption : method["corruptions"]) {
    recipe.method.corruptions.push_back(
        {corruption["name"].get<std::string>(), corruption["strength"].get<double>()});
  }
  recipe.method.wrap_noise = method["wrap_noise"].get<bool>();
  recipe.method.stem_relu = method["stem_relu"].get<bool>();
  recipe.method.flip_rotation = method["flip_rotation"].get<bool>();

  const Json& optimizer = tree["optimizer"];
  recipe.optimizer = {optimizer["lr"].get<double>(), optimizer["momentum"].get<double>(),
                      optimizer["weight_decay"].get<double>(), optimizer["nesterov"].get<bool>()};
  const Json& schedule = tree["schedule"];
  recipe.schedule = {enumerated<ScheduleKind>(tree, "schedule", "kind"),
                     schedule["epochs"].get<int>(), schedule["milestones"].get<std::vector<int>>(),
                     schedule["factor"].get<double>(), schedule["warmup"].get<double>()};
  if (recipe.schedule.kind == ScheduleKind::Cosine) recipe.schedule.milestones.clear();

  const int epochs = recipe.schedule.epochs;
  const auto& milestones = recipe.schedule.milestones;
  recipe.method.stage2_epoch = !method["stage2_epoch"].is_null() ? method["stage2_epoch"].get<int>()
                               : milestones.empty()              ? epochs - std::max(1, epochs / 10)
                                                                 : milestones.back();

  recipe.precision = enumerated<Precision>(tree, "", "precision");
  recipe.seed = tree["seed"].get<std::uint64_t>();
  recipe.init = tree["init"].get<std::string>();
  recipe.recompute = tree["recompute"].get<bool>();
  check_together(recipe, source);
  return recipe;
}

std::string to_json(const Recipe& recipe) {
  const auto dump = [](const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
  };
  std::string out = "{";
  const Json tree = tree_of(recipe);
  for (const auto& [name, value] : tree.items()) {
    out += text(out.back() == '{' ? "\n" : ",\n", "  ", dump(name), ": ");
    if (!value.is_object()) {
      out += dump(value);
      continue;
    }
    out += "{";
    for (const auto& [part, below] : value.items()) {
      out += text(out.back() == '{' ? "\n" : ",\n", "    ", dump(part), ": ", dump(below));
    }
    out += "\n  }";
  }
  return out + "\n}\n";
}

std::string first_difference(const Recipe& recipe, const Recipe& other) {
  const Json all = tree_of(recipe).flatten(), others = tree_of(other).flatten();
  const auto at = [](const Json& flat, const std::string& pointer) {
    return flat.contains(pointer) ? flat[pointer] : Json();
  };
  for (const Json* either : {&all, &others}) {
    for (const auto& [pointer, unused] : either->items()) {
      const Json value = at(all, pointer), other_value = at(others, pointer);
      if (pointer == "/description" || value == other_value) continue;
      std::string key = pointer.substr(1);
      std::replace(key.begin(), key.end(), '/', '.');
      return text(key, " is ", shown(value), ", not ", shown(other_value));
    }
  }
  return "";
}

}  // namespace aux_training
