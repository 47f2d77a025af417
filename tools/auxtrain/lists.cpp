#include <cstdio>

#include "aux_training/classifier.h"
#include "aux_training/environment.h"
#include "aux_training/recipe/recipe.h"
#include "aux_training/report/table.h"
#include "engine/runtime/memory_peak.h"
#include "kernels/base/cuda_device.h"
#include "tools/auxtrain/commands.h"

namespace tools {
namespace {

using namespace aux_training;

long parameters_of(const ClassifierSettings& settings, kernels::ThreadPool& pool) {
  const auto network =
      record_training(kernels::Cpu{&pool}, engine::Type::Float, settings, features_of(settings));
  long parameters = 0;
  for (const engine::Value& value : network->program.values())
    if (value.role == engine::Role::Parameter && !value.whole)
      parameters += engine::size_of(value.shape);
  return parameters;
}

}  // namespace

int list_recipes() {
  Table table({{"recipe", Align::Left}, {"", Align::Left}});
  for (const BuiltinRecipe& recipe : builtin_recipes())
    table.row({recipe.name, recipe.description});
  std::printf("%s", table.str().c_str());
  return 0;
}

int show_recipe(const ShowRecipe& arguments) {
  std::printf("%s\n", to_json(load_recipe(arguments.recipe).recipe).c_str());
  return 0;
}

int list_models(const Models& arguments) {
  if (!arguments.listed.empty()) {
    kernels::ThreadPool pool(1);
    const ClassifierSettings settings{.model = arguments.listed,
                                      .classes = arguments.classes,
                                      .views = 5,
                                      .images = 128,
                                      .recompute = arguments.recompute};
    const auto network =
        record_training(kernels::Cpu{&pool}, engine::Type::Float, settings, features_of(settings));
    std::printf("%s\n%s", network->program.listing().c_str(),
                engine::memory_report(network->program).c_str());
    return 0;
  }
  Table table({{"model", Align::Left},
               {"parameters", Align::Right},
               {"with 4 auxiliary", Align::Right},
               {"", Align::Left}});
  kernels::ThreadPool pool(1);
  for (const models::Backbone& backbone : models::backbones()) {
    ClassifierSettings settings{.model = backbone.name, .classes = arguments.classes};
    const long plain = parameters_of(settings, pool);
    settings.views = 5;
    table.row({backbone.name, grouped(plain), grouped(parameters_of(settings, pool)),
               backbone.description});
  }
  std::printf("%s", table.str().c_str());
  return 0;
}

int info() {
  const Environment e = environment();
  Table table({{"", Align::Left}, {"", Align::Left}});
  table.row({"auxtrain", e.version + (e.commit.empty() ? "" : " (" + e.commit + ")")});
  table.row({"compiler", e.compiler});
  table.row({"devices", "cpu"});
  table.row({"processor", e.processor});
  table.row({"processors", std::to_string(e.processors)});
  table.row({"instruction set", e.instruction_set});
  table.row({"bf16", e.native_bfloat16 ? "convolutions in bf16"
                                       : "convolutions in float, between conversions"});
  table.row({"oneDNN", e.onednn});
  table.row({"CUDA", e.cuda.empty() ? "not in this build" : e.cuda});
  std::string why_none;
  const auto gpus = kernels::cuda_devices(&why_none);
  for (const kernels::CudaDevice& gpu : gpus)
    table.row({gpus.size() == 1 ? "GPU" : "GPU " + std::to_string(gpu.number), describe(gpu)});
  if (gpus.empty()) table.row({"GPU", "none: " + why_none});
  std::printf("%s", table.str().c_str());
  return 0;
}

}  // namespace tools
