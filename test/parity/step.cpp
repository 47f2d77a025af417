// One step of a network, as far as the gradients, and the inference behind it, into a file that
// parity_test.py compares with PyTorch:
//
//   parity_step MODEL STEM WIDTH SIZE standard|auxiliary FILE
//
// The batch has 2 views of 4 images. `standard` classifies both with the primary classifier, and
// its loss is their mean cross-entropy; `auxiliary` is a step of the method. The file holds
//
//   images [views, images, SIZE, SIZE, 3], labels [views, images]
//   weight.NAME, gradient.NAME       of every parameter
//   statistic.NAME                   running statistics after the step
//   logits [views, images, classes]  of the step
//   relu.0, relu.1, ...              the results of its ReLUs, and the
//   argmax.0, argmax.1, ...          places of its maxima within their windows, in their order
//   inference [1, views * images, classes]   of the primary classifier, by the running statistics
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "aux_training/classifier.h"
#include "engine/checkpoint/parameters.h"
#include "engine/layers/layers.h"
#include "engine/ops/cross_entropy.h"
#include "engine/ops/pooling.h"
#include "engine/runtime/session.h"
#include "kernels/base/philox.h"

namespace {

using namespace aux_training;
using engine::Role;
using engine::Session;
using engine::Type;

constexpr int kViews = 2, kImages = 4, kClasses = 10;

// The step of a classifier that sees every view.
std::unique_ptr<TrainingProgram> record_standard(kernels::Cpu cpu,
                                                 const ClassifierSettings& settings) {
  auto result = std::make_unique<TrainingProgram>(engine::ProgramOptions{.device = cpu});
  Program& program = result->program;
  result->images = program.input("images", {kViews, kImages, settings.height, settings.height, 3});
  result->labels = program.input("labels", {kViews, kImages}, Type::Int32);
  result->ce_weight = program.input("ce_weight", {1});
  result->random = program.random();
  const models::Backbone& backbone = models::find_backbone(settings.model, settings.stem);
  Tensor features = features_of(settings)(program, result->images);
  if (backbone.has_feature_map) features = engine::global_average_pool(program, features);
  const auto fc = engine::linear_parameters(program, backbone.classifier,
                                            program.shape(features).back(), kClasses);
  const Tensor logits = program.activation("logits", {kViews, kImages, kClasses}, Type::Float);
  engine::linear(program, features, fc.weight, fc.bias, logits);
  program.backward(
      {engine::cross_entropy(program, logits, result->labels, result->ce_weight).loss});
  return result;
}

// Numbers that differ, else a mistaken one would not show; and small ones where a shortcut is
// added, else rounding would grow from block to block.
void begin_batch_norms(Session& session) {
  const Program& program = session.program();
  kernels::Random random(1, kernels::RandomUse::Test, 1);
  for (const engine::Call& call : program.calls()) {
    if (call.name != "batch_norm_forward") continue;
    const Tensor gamma = call.inputs[1], beta = call.inputs[2], residual = call.inputs[3];
    for (int c = 0; c < program.shape(gamma)[0]; ++c) {
      session.data(gamma)[c] = random.uniform(0.75f, 1.25f) * (residual ? 0.25f : 1);
      session.data(beta)[c] = random.uniform(-0.25f, 0.25f);
    }
  }
}

void fill(Session& session, const TrainingProgram& training) {
  const Program& program = session.program();
  kernels::Random random(1, kernels::RandomUse::Test, 2);
  const auto set = [&](Tensor knob, std::initializer_list<float> numbers) {
    if (knob) std::copy(numbers.begin(), numbers.end(), session.data(knob));
  };
  std::generate_n(session.data(training.images), engine::size_of(program.shape(training.images)),
                  [&] { return random.uniform(-2, 2); });
  std::generate_n(session.data<std::int32_t>(training.labels),
                  engine::size_of(program.shape(training.labels)),
                  [&] { return static_cast<std::int32_t>(random.below(kClasses)); });
  if (engine::size_of(program.shape(training.ce_weight)) == 1)
    set(training.ce_weight, {1});
  else
    set(training.ce_weight, {1, 0.5f});
  set(training.kl_weight, {0.25f});
  set(training.temperature, {2});
  set(training.penalty_weight, {0.125f});
  std::uint32_t* const words = session.data<std::uint32_t>(training.random);
  words[kernels::kSeedLow] = 5;
  words[kernels::kSeedHigh] = 9;
  words[kernels::kStep] = 3;
}

// An activation, copied while it is there.
struct Copy {
  std::string name;
  engine::Shape shape;
  Type type;
  std::vector<std::byte> bytes;
};

// Takes the step and copies its logits, and what it decided where rounding may decide: which
// numbers a ReLU lets pass, which is the largest of a window.
std::vector<Copy> step(Session& session) {
  const Program& program = session.program();
  std::vector<Copy> copies;
  const auto copy = [&](const std::string& name, Tensor t) {
    const auto* from = session.data<std::byte>(t);
    const auto size = static_cast<std::ptrdiff_t>(program.value(t).bytes());
    copies.push_back({name, program.shape(t), program.type(t), {from, from + size}});
  };
  int relus = 0, pools = 0;
  for (size_t i = 0; i < std::min(program.calls().size(), program.update_begins()); ++i) {
    const engine::Call& call = program.calls()[i];
    if (call.name == "cross_entropy" || call.name == "distillation") copy("logits", call.inputs[0]);
    session.run_call(i);
    if (call.name == "relu_forward" || (call.name == "batch_norm_forward" && call.outputs[3]))
      copy(kernels::text("relu.", relus++), call.outputs[0]);
    if (call.name == "max_pooling_forward")
      copy(kernels::text("argmax.", pools++), call.outputs[1]);
  }
  return copies;
}

// Everything of a session that has a name and a role to be compared.
std::vector<engine::TensorEntry> entries_of(Session& session) {
  const auto& values = session.program().values();
  std::vector<engine::TensorEntry> entries;
  for (int id = 0; id < static_cast<int>(values.size()); ++id) {
    const engine::Value& value = values[static_cast<size_t>(id)];
    if (value.alias_of >= 0 || value.whole) continue;
    const auto add = [&](const std::string& name) {
      entries.push_back({name, value.shape, value.type, session.data<void>(Tensor{id})});
    };
    if (value.role == Role::Parameter) add("weight." + value.name);
    if (value.role == Role::Gradient)
      add("gradient." + values[static_cast<size_t>(value.mirror_of)].name);
    if (value.role == Role::State && value.name.find("running_") != std::string::npos)
      add("statistic." + value.name);
    if (value.name == "images" || value.name == "labels") add(value.name);
  }
  return entries;
}

void run(const ClassifierSettings& settings, const std::string& file) {
  kernels::ThreadPool pool(kernels::available_processors());
  const kernels::Cpu cpu{&pool};
  const auto features = features_of(settings);
  const auto training = settings.views > 1 ? record_training(cpu, Type::Float, settings, features)
                                           : record_standard(cpu, settings);
  Session session(training->program);
  session.initialize(1);
  begin_batch_norms(session);
  fill(session, *training);
  const std::vector<Copy> copies = step(session);

  ClassifierSettings alone = settings;
  alone.views = 1;
  alone.images = kViews * kImages;
  const auto inference = record_inference(cpu, Type::Float, alone, features);
  Session reader(inference->program, {.parameters_of = &session});
  std::copy_n(session.data(training->images),
              engine::size_of(training->program.shape(training->images)),
              reader.data(inference->images));
  reader.step();

  auto entries = entries_of(session);
  for (const Copy& copy : copies)
    entries.push_back({copy.name, copy.shape, copy.type, copy.bytes.data()});
  entries.push_back({"inference", inference->program.shape(inference->logits), Type::Float,
                     reader.data(inference->logits)});
  engine::write_safetensors(file, entries, {});
}

}  // namespace

int main(int count, char** values) {
  if (count != 7) return 2;
  const std::vector<std::string> arguments(values + 1, values + count);
  const int size = std::atoi(values[4]);
  try {
    run({.model = arguments[0],
         .stem = arguments[1] == "cifar" ? models::Stem::Cifar : models::Stem::ImageNet,
         .width = std::atoi(values[3]),
         .classes = kClasses,
         .views = arguments[4] == "auxiliary" ? kViews : 1,
         .images = kImages,
         .height = size,
         .width_pixels = size},
        arguments[5]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "parity_step: %s\n", error.what());
    return 1;
  }
  return 0;
}
