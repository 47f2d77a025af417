#include "aux_training/recipe/builtin.h"

#include <utility>
#include <vector>

#include "aux_training/recipe/recipe.h"
#include "kernels/base/check.h"

namespace aux_training {
namespace {

using Recipes = std::vector<std::pair<std::string, std::string>>;  // names and JSON

// Minutes on two cores; no data set to fetch.
constexpr const char* kQuickstart = R"({
  "description": "A few minutes on a CPU: auxiliary training of a small ResNet-20 on built-in images",
  "model": {"name": "resnet20", "width": 8},
  "data": {"name": "synthetic", "batch": 32},
  "method": {"name": "auxiliary", "stage2_epoch": 8},
  "schedule": {"kind": "cosine", "epochs": 10, "warmup": 1}
})";
constexpr const char* kQuickstartStandard = R"({
  "description": "What the quick start is compared with: the same network, standard training",
  "extends": "quickstart",
  "method": {"name": "standard"}
})";

// The defaults of recipe.h are the paper's CIFAR settings: 300 epochs, a tenth of the learning rate
// at 100, 200 and 290, stage 2 from 290 on.
std::string paper(const char* description, const char* method) {
  return kernels::text(R"({"description": ")", description, R"(",
  "model": {"name": "MODEL", "classes": CLASSES},
  "data": {"name": "DATA"},
  "method": {"name": ")",
                       method, R"("}
})");
}

// What the authors' code does, accidents included.
constexpr const char* kReleased = R"({
  "description": "DATA, MODEL: auxiliary training as the authors' released code does it",
  "extends": "DATA-MODEL-auxiliary",
  "method": {"wrap_noise": true, "stem_relu": false, "flip_rotation": false},
  "schedule": {"epochs": 210, "milestones": [60, 140, 180]}
})";

std::string replaced(std::string json, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = json.find(from, at)) != std::string::npos; at += to.size()) {
    json.replace(at, from.size(), to);
  }
  return json;
}

const Recipes& recipes() {
  static const Recipes kRecipes = [] {
    Recipes all = {{"quickstart", kQuickstart}, {"quickstart-standard", kQuickstartStandard}};
    const Recipes kinds = {
        {"-standard", paper("DATA, MODEL: standard training", "standard")},
        {"-auxiliary", paper("DATA, MODEL: auxiliary training as in the paper", "auxiliary")},
        {"-data-augmentation",
         paper("DATA, MODEL: standard training on clean and corrupted images mixed",
               "data_augmentation")},
        {"-auxiliary-released", kReleased}};
    for (const char* data : {"cifar10", "cifar100"}) {
      const std::string classes = std::string(data) == "cifar10" ? "10" : "100";
      for (const std::string& model : models::backbone_names()) {
        for (const auto& [kind, json] : kinds) {
          if (model == "alexnet" && json == kReleased) continue;  // they released ResNets alone
          all.emplace_back(
              kernels::text(data, "-", model, kind),
              replaced(replaced(replaced(json, "DATA", data), "MODEL", model), "CLASSES", classes));
        }
      }
    }
    return all;
  }();
  return kRecipes;
}

}  // namespace

const std::string* builtin_json(const std::string& name) {
  for (const auto& [known, json] : recipes()) {
    if (known == name) return &json;
  }
  return nullptr;
}

std::vector<BuiltinRecipe> builtin_recipes() {
  std::vector<BuiltinRecipe> all;
  for (const auto& [name, json] : recipes()) {
    const Recipe recipe = load_recipe(name).recipe;
    all.push_back({name, recipe.description, recipe.schedule.epochs});
  }
  return all;
}

}  // namespace aux_training
