#include <cmath>
#include <cstdio>
#include <utility>

#include "aux_training/classifier.h"
#include "aux_training/environment.h"
#include "aux_training/recipe/recipe.h"
#include "aux_training/report/table.h"
#include "engine/runtime/available_memory.h"
#include "engine/runtime/memory_peak.h"
#include "kernels/base/cuda_device.h"
#include "tools/auxtrain/commands.h"

namespace tools {
namespace {

using namespace aux_training;

ClassifierSettings settings_of(const Models& arguments, const models::Backbone& backbone) {
  const int side = models::image_side(backbone.stem);
  const int usual_classes = backbone.stem == models::Stem::ImageNet ? 1000 : 10;
  return {.model = backbone.name,
          .stem = backbone.stem,
          .classes = arguments.classes > 0 ? arguments.classes : usual_classes,
          .views = arguments.views,
          .images = arguments.images,
          .height = side,
          .width_pixels = side,
          .recompute = arguments.recompute};
}

// Recorded alone: nothing is allocated.
std::unique_ptr<TrainingProgram> training_of(kernels::ThreadPool& pool,
                                             const ClassifierSettings& settings) {
  return record_training(kernels::Cpu{&pool}, engine::Type::Float, settings, features_of(settings));
}

// Of the primary classifier and one image.
double multiply_adds(kernels::ThreadPool& pool, ClassifierSettings settings) {
  settings.images = 1;
  const auto network =
      record_inference(kernels::Cpu{&pool}, engine::Type::Float, settings, features_of(settings));
  double operations = 0;
  for (const engine::Call& call : network->program.calls()) operations += call.operations;
  return operations / 2;
}

std::string gibibytes(const engine::Program& program) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f GiB",
                static_cast<double>(engine::memory_needed(program).total()) / (1 << 30));
  return text;
}

std::vector<std::string> row_of(kernels::ThreadPool& pool, const models::Backbone& backbone,
                                ClassifierSettings settings) {
  const int views = std::exchange(settings.views, 1);
  std::vector<std::string> row;
  {
    const auto standard = training_of(pool, settings);
    row = {backbone.name, grouped(standard->program.parameter_count()),
           grouped(std::lround(multiply_adds(pool, settings))), gibibytes(standard->program)};
  }
  settings.views = views;
  if (views > 1 && backbone.has_feature_map) {
    const auto auxiliary = training_of(pool, settings);
    row.push_back(grouped(auxiliary->program.parameter_count()));
    row.push_back(gibibytes(auxiliary->program));
  } else if (views > 1) {
    row.insert(row.end(), {"-", "-"});
  }
  row.push_back(backbone.description);
  return row;
}

void list_calls(const Models& arguments, models::Stem stem) {
  kernels::ThreadPool pool(1);
  const models::Backbone& backbone = models::find_backbone(arguments.listed, stem);
  ClassifierSettings settings = settings_of(arguments, backbone);
  if (!backbone.has_feature_map) settings.views = 1;
  const auto network = training_of(pool, settings);
  std::printf("%s\n%s", network->program.listing().c_str(),
              engine::memory_report(network->program).c_str());
}

}  // namespace

int list_recipes() {
  Table table({{"recipe", Align::Left}, {"epochs", Align::Right}, {"", Align::Left}});
  for (const BuiltinRecipe& recipe : builtin_recipes())
    table.row({recipe.name, std::to_string(recipe.epochs), recipe.description});
  std::printf("%s", table.str().c_str());
  return 0;
}

int show_recipe(const ShowRecipe& arguments) {
  std::printf("%s\n", to_json(load_recipe(arguments.recipe).recipe).c_str());
  return 0;
}

int list_models(const Models& arguments) {
  const models::Stem stem = models::find_stem(arguments.stem);
  if (!arguments.listed.empty()) {
    list_calls(arguments, stem);
    return 0;
  }
  std::vector<Table::Column> columns{{"model", Align::Left},
                                     {"parameters", Align::Right},
                                     {"multiply-adds", Align::Right},
                                     {"memory, 1 view", Align::Right}};
  if (arguments.views > 1) {
    columns.push_back({kernels::text("with ", arguments.views - 1, " auxiliary"), Align::Right});
    columns.push_back({kernels::text("memory, ", arguments.views, " views"), Align::Right});
  }
  columns.push_back({"", Align::Left});
  Table table(columns);
  kernels::ThreadPool pool(1);
  for (const models::Backbone& backbone : models::backbones())
    if (backbone.stem == stem) table.row(row_of(pool, backbone, settings_of(arguments, backbone)));
  std::printf(
      "Stem %s. Multiply-adds are of one image; memory is that of training on %d a step, in float."
      "\n\n%s",
      arguments.stem.c_str(), arguments.images, table.str().c_str());
  return 0;
}

int info() {
  const Environment e = environment();
  Table table({{"", Align::Left}, {"", Align::Left}});
  table.row({"auxtrain", e.version + (e.commit.empty() ? "" : " (" + e.commit + ")")});
  table.row({"compiler", e.compiler});
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
