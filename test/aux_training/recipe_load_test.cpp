#include <set>

#include "aux_training/recipe/nearest.h"
#include "aux_training/recipe/recipe.h"
#include "kernels/base/check.h"
#include "test/support/catch.h"
#include "test/support/contains.h"
#include "test/support/temporary_folder.h"

namespace {

using namespace aux_training;
using kernels::UsageError;
using test_support::contains;

Recipe parsed(const std::string& json, const std::vector<std::string>& sets = {}) {
  return parse_recipe(json, "r.json", sets).recipe;
}

std::string error_of(const std::string& json, const std::vector<std::string>& sets = {}) {
  try {
    parse_recipe(json, "r.json", sets);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("recipe: an empty file is the paper's CIFAR setting, trained plainly") {
  CHECK(parsed("{}") == Recipe{});
}

TEST_CASE("recipe: every key reaches its field") {
  const Recipe recipe = parsed(R"({
    "description": "all of them",
    "model": {"name": "wide_resnet50_2", "classes": 100, "stem": "imagenet", "width": 24},
    "data": {"name": "cifar100", "augment": false, "batch": 32},
    "method": {"name": "auxiliary", "alpha": 0.25, "lambda": 2, "gamma": 0.5, "stage2_epoch": 7,
               "merging": "primary", "teacher": "mutual", "temperature": 3.5, "attention": false,
               "selective_batch_norm": false,
               "corruptions": [{"name": "rotation", "strength": 15},
                               {"strength": 0.4, "name": "contrast"}],
               "wrap_noise": true, "stem_relu": false, "flip_rotation": false},
    "optimizer": {"lr": 0.02, "momentum": 0.8, "weight_decay": 0, "nesterov": true},
    "schedule": {"kind": "multistep", "epochs": 9, "milestones": [3, 8], "factor": 0.2,
                 "warmup": 1.5},
    "precision": "bf16", "seed": 18446744073709551615, "init": "a.safetensors",
    "recompute": true})");
  Recipe expected;
  expected.description = "all of them";
  expected.model = {"wide_resnet50_2", 100, Stem::ImageNet, 24};
  expected.data = {"cifar100", false, 32};
  expected.method = {MethodName::Auxiliary,
                     0.25,
                     2.0,
                     0.5,
                     7,
                     Merging::Primary,
                     Teacher::Mutual,
                     3.5,
                     false,
                     false,
                     {{"rotation", 15.0}, {"contrast", 0.4}},
                     true,
                     false,
                     false};
  expected.optimizer = {0.02, 0.8, 0.0, true};
  expected.schedule = {ScheduleKind::Multistep, 9, {3, 8}, 0.2, 1.5};
  expected.precision = Precision::Bf16;
  expected.seed = 18446744073709551615u;
  expected.init = "a.safetensors";
  expected.recompute = true;
  CHECK(recipe == expected);
  CHECK(parsed(to_json(recipe)) == recipe);
}

TEST_CASE("recipe: what is wrong is named, with the nearest right one") {
  struct Case {
    std::string json, message;
  };
  const std::vector<Case> cases = {
      {R"({"method": {"gama": 1}})",
       "r.json: method.gama: unknown key; did you mean method.gamma?"},
      {R"({"gamma": 1})", "r.json: gamma: unknown key; did you mean method.gamma?"},
      {R"({"metod": {"gamma": 1}})", "metod: unknown key; did you mean method?"},
      {R"({"model": {"batch": 1}})", "model.batch: unknown key; did you mean data.batch?"},
      {R"({"zzzzzzzzz": 1})", "zzzzzzzzz: unknown key; expected one of description, model, data,"},
      {R"({"data": {"zzzzzzzzz": 1}})",
       "data.zzzzzzzzz: unknown key; expected one of name, augment, batch"},
      {R"({"method": 3})", "method: expected an object, got 3"},
      {R"({"method": {"name": "auxilary"}})",
       R"(method.name: there is no "auxilary"; did you mean auxiliary?)"},
      {R"({"method": {"name": 1}})", "method.name: expected text, got 1"},
      {R"({"precision": "fp16"})", R"(precision: there is no "fp16"; did you mean fp32?)"},
      {R"({"model": {"name": "vgg"}})",
       R"(there is no "vgg"; expected one of resnet20, resnet18,)"},
      {R"({"method": {"alpha": "1"}})",
       R"(method.alpha: expected a number from 0 to 1000, got "1")"},
      {R"({"method": {"alpha": -0.5}})",
       "method.alpha: expected a number from 0 to 1000, got -0.5"},
      {R"({"method": {"attention": 1}})", "method.attention: expected true or false, got 1"},
      {R"({"schedule": {"epochs": 0}})",
       "schedule.epochs: expected a whole number from 1 to 1000000, got 0"},
      {R"({"schedule": {"epochs": 2.5}})", "schedule.epochs: expected a whole number"},
      {R"({"schedule": {"epochs": null}})", "schedule.epochs: expected a whole number"},
      {R"({"seed": -1})", "seed: expected a whole number"},
      {R"({"seed": 18446744073709551616})", "seed: expected a whole number"},
      {R"({"schedule": {"milestones": 3}})", "schedule.milestones: expected a list, got 3"},
      {R"({"schedule": {"milestones": [3, "a"]}})", "schedule.milestones[1]: expected a whole"},
      {R"({"schedule": {"milestones": [0, 3]}})", "schedule.milestones[0]: expected a whole"},
      {R"({"schedule": {"milestones": [5, 5]}})",
       "schedule.milestones: expected growing numbers, got 5 after 5"},
      {R"({"schedule": {"milestones": [5, 300]}})",
       "schedule.milestones: expected numbers below schedule.epochs = 300, got 300"},
      {R"({"schedule": {"warmup": 300}})", "schedule.warmup: expected less than schedule.epochs"},
      {R"({"model": {"classes": 100}})", "model.classes: expected 10 for cifar10, got 100"},
      {R"({"data": {"name": "cifar100"}})", "model.classes: expected 100 for cifar100, got 10"},
      {R"({"method": {"corruptions": [{"name": "rotation"}]}})",
       "method.corruptions[0].strength: missing"},
      {R"({"method": {"corruptions": ["rotation"]}})", "method.corruptions[0]: expected {\"name\""},
      {R"({"method": {"corruptions": [{"name": "rotation", "strenght": 1}]}})",
       "method.corruptions[0].strenght: unknown key; did you mean strength?"},
      {R"({"method": {"corruptions": [{"name": "rotatoin", "strength": 1}]}})",
       R"(method.corruptions[0].name: there is no "rotatoin"; did you mean rotation?)"},
      {R"({"method": {"corruptions": [{"name": "contrast", "strength": 20}]}})",
       "method.corruptions[0].strength: expected a number from 0.01 to 1, got 20"},
      {R"({"method": {"corruptions": [{"name": "contrast", "strength": 0.5},
                                      {"name": "contrast", "strength": 0.4}]}})",
       "method.corruptions: contrast stands there twice"},
      {R"({"method": {"name": "auxiliary", "corruptions": []}})",
       "method.corruptions: auxiliary needs at least one"},
      {R"({"method": {"name": "auxiliary", "stage2_epoch": 300}})",
       "method.stage2_epoch: expected less than schedule.epochs = 300, got 300"},
      {R"({"model": {"name": "alexnet", "stem": "imagenet", "classes": 1000},
           "data": {"name": "imagenet"}, "method": {"name": "auxiliary"}})",
       "method.name: auxiliary needs batch norm"},
      {R"({"model": {"name": "resnet20", "stem": "imagenet"}})",
       "r.json: model.stem: resnet20 has no stem imagenet; expected cifar"},
      {R"({"model": {"name": "alexnet"}, "method": {"stem_relu": false}})",
       "r.json: method.stem_relu: false repeats an accident of the authors' ResNets"},
      {R"({"seed": 1, "seed": 2})", R"(r.json: the key "seed" stands there twice)"},
      {"[]", "r.json: expected a JSON object, got a list"},
      {"{\n \"seed\": }", "r.json: not JSON: parse error at line 2"},
      {"", "r.json: not JSON: parse error"},
      {R"({"seed": 1e999})", "r.json: not JSON"},
      {R"({"extends": 3})", "r.json: extends: expected a recipe's name or file, got 3"},
      {R"({"extends": "quikstart"})",
       "quikstart: no such built-in recipe or file; did you mean "
       "quickstart?"},
  };
  for (const Case& wrong : cases) {
    INFO(wrong.json);
    CHECK_THAT(error_of(wrong.json), contains(wrong.message));
  }
}

TEST_CASE("recipe: --set overrides, the value read as JSON or else as text") {
  const Recipe recipe =
      parsed("{}", {"method.gamma=0.5", "model.name=resnet34", "schedule.milestones=[1, 2]",
                    "data.augment=false", "init=2024", "method.gamma=0.75", "precision=\"bf16\"",
                    "optimizer={\"lr\": 0.3}", "description=a=b"});
  CHECK(recipe.method.gamma == 0.75);
  CHECK(recipe.model.name == "resnet34");
  CHECK(recipe.schedule.milestones == std::vector<int>{1, 2});
  CHECK(recipe.method.stage2_epoch == 2);
  CHECK_FALSE(recipe.data.augment);
  CHECK(recipe.init == "2024");
  CHECK(recipe.precision == Precision::Bf16);
  CHECK(recipe.optimizer == OptimizerSettings{0.3, 0.9, 5e-4, false});
  CHECK(recipe.description == "a=b");

  CHECK_THAT(error_of("{}", {"method.gama=1"}),
             contains("--set method.gama=1: method.gama: unknown key; did you mean method.gamma?"));
  CHECK_THAT(error_of("{}", {"schedule.epochs=ten"}), contains("got \"ten\""));
  CHECK_THAT(error_of("{}", {"method.gamma"}), contains("--set method.gamma: expected key=value"));
  CHECK_THAT(error_of("{}", {"=1"}), contains("expected key=value"));
  CHECK_THAT(error_of("{}", {"method=1"}), contains("method: expected an object"));
  CHECK_THAT(error_of("{}", {"seed.a=1"}), contains("seed: expected a whole number"));
  CHECK_THAT(error_of("{}", {"method.corruptions.0=1"}), contains("expected a list"));
  CHECK_THAT(error_of("{}", {"init=\xff"}), contains("init: expected text in UTF-8"));
  CHECK_THAT(error_of("{}", {"extends=quickstart"}), contains("--set extends=quickstart"));
}

TEST_CASE("recipe: fewer epochs shrink what no longer fits, and say so") {
  const auto load = [](const std::vector<std::string>& sets) {
    return load_recipe("cifar100-resnet18-auxiliary", sets);
  };
  const LoadedRecipe longer = load({"schedule.epochs=400"});
  CHECK(longer.recipe.schedule.milestones == std::vector<int>{100, 200, 290});
  CHECK(longer.notes.empty());
  CHECK(load({"schedule.epochs=291"}).notes.empty());
  CHECK(load({"schedule.epochs=290"}).recipe.schedule.milestones ==
        std::vector<int>{96, 193, 280});  // a drop after the last epoch would be none

  const LoadedRecipe shorter = load({"schedule.epochs=30"});
  CHECK(shorter.recipe.schedule.milestones == std::vector<int>{10, 20, 29});
  CHECK(shorter.recipe.method.stage2_epoch == 29);
  REQUIRE(shorter.notes.size() == 1);
  CHECK_THAT(shorter.notes[0], contains("schedule.milestones: 100, 200, 290 of 300 epochs became "
                                        "10, 20, 29 of 30"));

  const LoadedRecipe explicit_stage =
      load({"schedule.epochs=30", "schedule.milestones=[3]", "method.stage2_epoch=25"});
  CHECK(explicit_stage.recipe.schedule.milestones == std::vector<int>{3});
  CHECK(explicit_stage.recipe.method.stage2_epoch == 25);
  CHECK(explicit_stage.notes.empty());

  const Recipe shortest = load({"schedule.epochs=1"}).recipe;
  CHECK(shortest.schedule.milestones.empty());
  CHECK(shortest.method.stage2_epoch == 0);

  // Stage 2 keeps its place among the milestones.
  const std::string early = R"({"method": {"name": "auxiliary", "stage2_epoch": 5},
                                "schedule": {"epochs": 8, "milestones": [5, 7], "warmup": 1}})";
  const LoadedRecipe six = parse_recipe(early, "r.json", {"schedule.epochs=6"});
  CHECK(six.recipe.schedule.milestones == std::vector<int>{3, 5});
  CHECK(six.recipe.method.stage2_epoch == 3);
  CHECK(six.recipe.schedule.warmup == 1);
  const LoadedRecipe one = parse_recipe(early, "r.json", {"schedule.epochs=1"});
  CHECK(one.recipe.schedule.warmup == 0.125);
  CHECK_THAT(one.notes.back(), contains("schedule.warmup: 1 of 8 epochs became 0.125 of 1"));

  // What was set by hand is not adapted but refused.
  CHECK_THROWS_WITH(load({"schedule.epochs=30", "schedule.milestones=[100]"}),
                    contains("expected numbers below schedule.epochs = 30, got 100"));
  CHECK_THROWS_WITH(load({"schedule.epochs=30", "method.stage2_epoch=30"}),
                    contains("method.stage2_epoch: expected less than"));

  // A resolved recipe shrinks just as well.
  const LoadedRecipe again =
      parse_recipe(to_json(load({}).recipe), "run/recipe.json", {"schedule.epochs=30"});
  CHECK(again.recipe == shorter.recipe);
  CHECK(again.notes.size() == 2);
}

TEST_CASE("recipe: a cosine schedule has no milestones, and stage 2 in its last tenth") {
  const Recipe recipe = parsed(R"({"schedule": {"kind": "cosine", "epochs": 50}})");
  CHECK(recipe.schedule.milestones.empty());
  CHECK(recipe.method.stage2_epoch == 45);
  CHECK(parsed(to_json(recipe)) == recipe);
}

TEST_CASE("recipe: extends a built-in one or a file beside it; circles are refused") {
  const test::TemporaryFolder folder;
  folder.file("base.json", R"({"extends": "cifar10-resnet20-auxiliary", "seed": 7,
                              "method": {"alpha": 0.5}})");
  const std::string path = folder.file(
      "deeper/child.json", R"({"extends": "../base.json", "method": {"lambda": 0.25}})");
  const Recipe recipe = load_recipe(path).recipe;
  CHECK(recipe.model.name == "resnet20");
  CHECK(recipe.method.name == MethodName::Auxiliary);
  CHECK(recipe.seed == 7);
  CHECK(recipe.method.alpha == 0.5);
  CHECK(recipe.method.lambda == 0.25);
  CHECK(recipe.description.empty());  // the other recipe's words do not describe this one

  const std::string own = folder.file("own.json", R"({"extends": "own.json"})");
  CHECK_THROWS_AS(load_recipe(own), UsageError);
  CHECK_THROWS_WITH(load_recipe(own), contains("own.json: extends: this recipe extends itself"));
  const std::string one = folder.file("one.json", R"({"extends": "./deeper/../two.json"})");
  folder.file("two.json", R"({"extends": "one.json"})");
  CHECK_THROWS_WITH(load_recipe(one), contains("over 2 steps"));

  const std::string lost = folder.file("lost.json", R"({"extends": "nowhere.json"})");
  CHECK_THROWS_WITH(load_recipe(lost), contains("lost.json: extends: nowhere.json: no such"));
  CHECK_THROWS_WITH(load_recipe(folder.path.string()), contains("got a folder"));
  CHECK_THROWS_WITH(load_recipe("cifar100-resnet18-auxilary"),
                    contains("did you mean cifar100-resnet18-auxiliary?"));
}

TEST_CASE("recipe: built-in recipes load, describe themselves and come back from their JSON") {
  std::set<std::string> names, descriptions;
  for (const BuiltinRecipe& builtin : builtin_recipes()) {
    INFO(builtin.name);
    const LoadedRecipe loaded = load_recipe(builtin.name);
    CHECK(loaded.notes.empty());
    CHECK(parsed(to_json(loaded.recipe)) == loaded.recipe);
    CHECK_NOTHROW(require_supported(loaded.recipe));
    CHECK(names.insert(builtin.name).second);
    CHECK(builtin.description.size() > 20);
    CHECK(descriptions.insert(builtin.description).second);
  }
  CHECK(names.count("quickstart") == 1);
  CHECK(names.size() == 2 + 2 * (7 * 4 + 3));  // no released code trains AlexNet
  for (const std::string& model : models::backbone_names())
    CHECK(load_recipe("cifar100-" + model + "-auxiliary").recipe.model.name == model);

  Recipe expected;
  expected.description = load_recipe("cifar100-resnet18-auxiliary-released").recipe.description;
  expected.model.classes = 100;
  expected.data.name = "cifar100";
  expected.method.name = MethodName::Auxiliary;
  expected.method.stage2_epoch = 180;
  expected.method.wrap_noise = true;
  expected.method.stem_relu = false;
  expected.method.flip_rotation = false;
  expected.schedule.epochs = 210;
  expected.schedule.milestones = {60, 140, 180};
  CHECK(load_recipe("cifar100-resnet18-auxiliary-released").recipe == expected);
}

TEST_CASE("recipe: what cannot be trained yet is refused by name") {
  const auto require = [](const std::string& json) { require_supported(parsed(json)); };
  CHECK_NOTHROW(require(R"({"method": {"name": "auxiliary"}})"));
  CHECK_THROWS_WITH(
      require(R"({"method": {"name": "rotation"}})"),
      contains("does not train rotation; expected standard, auxiliary or data_augmentation"));
  CHECK_NOTHROW(require(R"({"init": "a.safetensors"})"));
  CHECK_THROWS_WITH(require(R"({"init": "a.pth"})"),
                    contains("init: expected a .safetensors file, got a.pth; auxtrain import"));
  CHECK_NOTHROW(require(R"({"recompute": true})"));
}

TEST_CASE("recipe: edit distance") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(nearest("stem", {"model.stem", "model.name"}) == "model.stem");
  CHECK(nearest("qqqqqq", {"model.stem"}).empty());
}
