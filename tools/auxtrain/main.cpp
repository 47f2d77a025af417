#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <functional>

#include "aux_training/recipe/nearest.h"
#include "kernels/base/check.h"
#include "kernels/distillation/distillation.h"
#include "tools/auxtrain/commands.h"

namespace {

using namespace tools;

constexpr const char* kData =
    "folder with cifar-10-batches-bin/, cifar-100-binary/ and imagenet/ (default: $AUXTRAIN_DATA, "
    "else ./data-sets); the built-in data set 'synthetic' needs none";
constexpr const char* kModel = "run folder or .safetensors file";
constexpr const char* kThreads = "threads (default: the processors this process may use)";
constexpr const char* kDevice = "auto, cpu, cuda or cuda:N";
constexpr const char* kOnly = "corruptions, as in fog,snow (default: all 19)";
constexpr const char* kSeverities = "as in 1,3,5 (default: all)";
constexpr const char* kFrost = "folder with the published frost1.png to frost5.jpg";
constexpr const char* kJson = "also write the results as JSON to this file, - for stdout";

// Each adds one command; `chosen` becomes what the command line asks for.
using Chosen = std::function<int()>;

void add_train(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand("train", "train a recipe into a run folder");
  auto a = std::make_shared<Train>();
  command->add_option("recipe", a->recipe, "built-in name (see: auxtrain recipes) or JSON file");
  command->add_option("--data", a->data, kData);
  command->add_option("--output", a->output, "run folder (default: runs/RECIPE)");
  command->add_option("--device", a->device, kDevice)->capture_default_str();
  command->add_option("--precision", a->precision, "fp32 or bf16 (default: the recipe's)");
  command->add_option("--epochs", a->epochs, "instead of the recipe's")
      ->check(CLI::Range(1, 100000));
  command->add_option("--seed", a->seed, "instead of the recipe's")
      ->check(CLI::Range(0LL, 9007199254740991LL));
  command->add_option("--threads", a->threads, kThreads)->check(CLI::Range(1, 1024));
  command->add_option("--set", a->sets, "a.b=value: change one key of the recipe")
      ->allow_extra_args(false);
  command->add_flag("--resume", a->resume, "go on with the run in --output");
  command->add_flag("--quiet", a->quiet, "no progress, only the result");
  command->callback([a, &chosen] { chosen = [a] { return train(*a); }; });
}

// Options of all that evaluates.
void add_evaluation_options(CLI::App& command, Evaluate& a) {
  command.add_option("--data", a.data, kData);
  command.add_option("--frost", a.frost, kFrost);
  command.add_option("--device", a.device, kDevice)->capture_default_str();
  command.add_option("--precision", a.precision, "fp32 or bf16")->capture_default_str();
  command.add_option("--threads", a.threads, kThreads)->check(CLI::Range(1, 1024));
}

void add_evaluate(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand("evaluate", "errors of models on clean and corrupted images");
  auto a = std::make_shared<Evaluate>();
  command->add_option("models", a->models, kModel)->required();
  command
      ->add_option("--corruptions", a->corruptions,
                   "none; training: the four of the paper; generate: the 19 of CIFAR-C, made here; "
                   "or a folder that holds those of CIFAR-C or ImageNet-C")
      ->capture_default_str();
  command->add_option("--only", a->only, kOnly)->delimiter(',')->allow_extra_args(false);
  command->add_option("--severities", a->severities, kSeverities)
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_option("--baseline", a->baseline,
                      "file of auxtrain baseline, whose errors corruption errors are divided by; "
                      "published: AlexNet's on ImageNet-C");
  command->add_flag("--per-head", a->per_head, "evaluate a run's auxiliary classifiers too");
  add_evaluation_options(*command, *a);
  command->add_option("--json", a->json, kJson);
  command->callback([a, &chosen] { chosen = [a] { return evaluate(*a); }; });
}

void add_baseline(CLI::App& app, Chosen& chosen) {
  auto* command =
      app.add_subcommand("baseline", "store a model's errors, for the corruption errors of others");
  auto a = std::make_shared<StoreBaseline>();
  a->evaluate.corruptions = "generate";
  command->add_option("model", a->evaluate.models, kModel)->required()->expected(1);
  command->add_option("--output", a->output, "FILE.json")->required();
  command
      ->add_option("--corruptions", a->evaluate.corruptions,
                   "generate: made here; or a folder with all 19 in all severities")
      ->capture_default_str();
  add_evaluation_options(*command, a->evaluate);
  command->callback([a, &chosen] { chosen = [a] { return store_baseline(*a); }; });
}

void add_predict(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand("predict", "classes of pictures");
  auto a = std::make_shared<Predict>();
  command->add_option("model", a->model, kModel)->required();
  command->add_option("images", a->images, "JPEG, PNG, ... files")->required();
  command->add_option("--top", a->top, "classes to print")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--threads", a->threads, kThreads)->check(CLI::Range(1, 1024));
  command->add_option("--json", a->json, kJson);
  command->callback([a, &chosen] { chosen = [a] { return predict(*a); }; });
}

void add_export(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand(
      "export", "the primary classifier alone: with torchvision's names, or as ONNX");
  auto a = std::make_shared<Export>();
  command->add_option("model", a->model, kModel)->required();
  command->add_option("--output", a->output, "FILE.safetensors or FILE.onnx")->required();
  command->callback([a, &chosen] { chosen = [a] { return export_model(*a); }; });
}

void add_import(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand(
      "import", "weights of PyTorch, with torchvision's names, as a .safetensors model");
  auto a = std::make_shared<Import>();
  command->add_option("file", a->file, "FILE.pth, FILE.pt or FILE.safetensors")->required();
  command->add_option("--model", a->model, "its name; auxtrain models lists them")->required();
  command->add_option("--output", a->output, "FILE.safetensors")->required();
  command->add_option("--stem", a->stem, "cifar: for images of 32x32; imagenet: of 224x224")
      ->check(CLI::IsMember({"cifar", "imagenet"}))
      ->capture_default_str();
  command->add_option("--width", a->width, "channels of the first stage (default: the model's own)")
      ->check(CLI::Range(1, 4096));
  command->add_option("--dataset", a->dataset,
                      "what it was trained on (default: imagenet; with the other stem: unknown)");
  command->add_option("--class-names", a->class_names,
                      "text file with a name a line (default: numbers)");
  command->add_option("--mean", a->mean, "of red, green, blue in [0, 1], as in 0.5,0.5,0.5")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_option("--std", a->std, "their deviations; both by default as usual for the stem")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->callback([a, &chosen] { chosen = [a] { return import_model(*a); }; });
}

void add_corrupt(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand(
      "corrupt", "the 19 corruptions of CIFAR-C and ImageNet-C of a data set's test images");
  auto a = std::make_shared<Corrupt>();
  command->add_option("dataset", a->dataset, "cifar10, cifar100, synthetic or imagenet");
  command->add_option("--data", a->data, kData);
  command->add_option("--output", a->output,
                      "folder for the corrupted images; of --preview, a .png file");
  command->add_option("--only", a->only, kOnly)->delimiter(',')->allow_extra_args(false);
  command->add_option("--severities", a->severities, kSeverities)
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_option("--seed", a->seed, "of everything random")
      ->check(CLI::Range(0LL, 9007199254740991LL))
      ->capture_default_str();
  command->add_option("--preset", a->preset,
                      "cifar, tiny, imagenet or inception (default: the data set's)");
  command->add_option("--side", a->side, "of images from files, pixels (default: the preset's)");
  command->add_option("--frost", a->frost, kFrost);
  command->add_option("--preview", a->preview, "all of this picture on one sheet instead");
  command->add_option("--threads", a->threads, kThreads)->check(CLI::Range(1, 1024));
  command->callback([a, &chosen] { chosen = [a] { return corrupt(*a); }; });
}

void add_lists(CLI::App& app, Chosen& chosen) {
  auto* recipes = app.add_subcommand("recipes", "the built-in recipes, or one in full");
  auto shown = std::make_shared<ShowRecipe>();
  recipes->add_option("recipe", shown->recipe, "print this one as JSON");
  recipes->callback([shown, &chosen] {
    chosen = [shown] { return shown->recipe.empty() ? list_recipes() : show_recipe(*shown); };
  });
  auto* models = app.add_subcommand(
      "models", "the backbones, with and without auxiliary classifiers, or one call by call");
  auto counted = std::make_shared<Models>();
  models->add_option("model", counted->listed,
                     "print every call of this one's training step, and what memory it takes");
  models
      ->add_option("--stem", counted->stem,
                   "cifar: images of 32x32 and 10 classes; imagenet: of 224x224 and 1000")
      ->check(CLI::IsMember({"cifar", "imagenet"}))
      ->capture_default_str();
  models->add_option("--classes", counted->classes, "of the classifiers, instead")
      ->check(CLI::Range(2, 100000));
  models->add_option("--images", counted->images, "a training step: clean ones")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  models->add_option("--views", counted->views, "of each: itself and its corrupted copies")
      ->check(CLI::Range(1, kernels::kMostViews))
      ->capture_default_str();
  models->add_flag("--recompute", counted->recompute, "of a step: as with recompute: true");
  models->callback([counted, &chosen] { chosen = [counted] { return list_models(*counted); }; });
  app.add_subcommand("info", "version, processor, libraries")->callback([&chosen] {
    chosen = info;
  });
}

// What is wrong with a command line, in one line.
std::string message_of(const CLI::ParseError& error, const CLI::App& app) {
  const std::vector<std::string> unknown = app.remaining(true);
  const std::vector<const CLI::App*> commands = app.get_subcommands({});
  const auto chosen = std::find_if(commands.begin(), commands.end(),
                                   [](const CLI::App* command) { return command->parsed(); });
  const std::string command = chosen == commands.end() ? "" : (*chosen)->get_name() + " ";
  if (unknown.empty()) return error.what() + ("; see auxtrain " + command) + "--help";

  const std::string word = unknown[0].substr(0, unknown[0].find('='));
  std::vector<std::string> known;
  if (command.empty()) {
    for (const CLI::App* each : commands) known.push_back(each->get_name());
    return word + ": there is no such command" + aux_training::suggestion(word, known);
  }
  if (!word.starts_with("-")) return command + "takes no further argument, got " + word;
  for (const CLI::Option* option : (*chosen)->get_options())
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  return command + "has no option " + word + aux_training::suggestion(word, known);
}

}  // namespace

int main(int count, char** arguments) {
  CLI::App app{"auxtrain: image classifiers that are both more accurate and more robust",
               "auxtrain"};
  app.require_subcommand(1);
  app.set_version_flag("--version", AUXTRAIN_VERSION);
  Chosen chosen;
  add_train(app, chosen);
  add_evaluate(app, chosen);
  add_baseline(app, chosen);
  add_corrupt(app, chosen);
  add_predict(app, chosen);
  add_import(app, chosen);
  add_export(app, chosen);
  add_lists(app, chosen);
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help and --version
    std::fprintf(stderr, "auxtrain: %s\n", message_of(error, app).c_str());
    return 2;
  }
  try {
    const int code = chosen();
    CHECK(std::fflush(stdout) == 0 && !std::ferror(stdout), "standard output: cannot be written");
    return code;
  } catch (const kernels::UsageError& error) {
    std::fprintf(stderr, "auxtrain: %s\n", error.what());
    return 2;
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "auxtrain: out of memory\n");
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "auxtrain: %s\n", error.what());
    return 1;
  }
}
