// A recipe: everything that decides what a training run computes. The defaults are the paper's
// CIFAR settings (Zhang et al., "Auxiliary Training: Towards Accurate and Robust Models", CVPR
// 2020), with our reading where the paper is silent. Written as JSON under the same names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/distillation/distillation.h"
#include "kernels/weight_penalty/weight_penalty.h"
#include "models/backbone.h"

namespace aux_training {

using kernels::Merging;
using kernels::Teacher;
using models::Stem;
enum class MethodName {
  Standard,
  Auxiliary,
  DataAugmentation,
  Rotation,
  PatchGaussian,
  Adversarial,
  AuxiliaryAdversarial
};
enum class ScheduleKind { Multistep, Cosine };
enum class Precision { Auto, Fp32, Bf16 };  // Auto: bf16 on a GPU, fp32 on processors

// As in JSON: "cifar", "auxiliary_adversarial", "bf16", ...
const char* name_of(MethodName method);
const char* name_of(Teacher teacher);
const char* name_of(Merging merging);
const char* name_of(ScheduleKind kind);
const char* name_of(Precision precision);

// One auxiliary view. strength: gaussian_blur sigma in pixels; gaussian_noise sigma on 0..255;
// contrast s, for brightness, contrast and saturation factors in [1 - s, 1 + s]; rotation degrees.
struct CorruptionSetting {
  std::string name;
  double strength = 0;
  bool operator==(const CorruptionSetting&) const = default;
};

struct ModelSettings {
  std::string name = "resnet18";
  int classes = 10;
  Stem stem = Stem::Cifar;  // cifar, imagenet: what images of 32x32, of 224x224 need
  int width = 0;            // channels of the first stage; 0 is the model's own (64, ResNet-20: 16)
  bool operator==(const ModelSettings&) const = default;
};

struct DataSettings {
  std::string name = "cifar10";  // cifar10, cifar100, imagenet, synthetic
  bool augment = true;           // random crop and flip
  int batch = 128;               // clean images; each comes with its auxiliary views
  bool operator==(const DataSettings&) const = default;
};

// Equation 7: CE(z0, y) + sum_j [alpha CE(zj, y) + lambda T^2 KL(softmax(z0/T) || softmax(zj/T))]
//                       + gamma sum_j (|W0 - Wj|^2 + |b0 - bj|^2), gamma from stage2_epoch on.
struct MethodSettings {
  MethodName name = MethodName::Standard;
  double alpha = 0.05;
  double lambda = 0.05;
  double gamma = 1.0;
  int stage2_epoch = 290;  // in epochs completed; left out or null in JSON: the last milestone
                           // (without milestones, the last tenth of the epochs)
  Merging merging = Merging::Mean;  // of Wj and W0; Primary: gamma does not move W0 and b0
  Teacher teacher = Teacher::Detached;
  double temperature = 1.0;
  bool attention = true;             // the auxiliary classifiers' attention gate
  bool selective_batch_norm = true;  // statistics per view; false: one set over all views
  std::vector<CorruptionSetting> corruptions = {
      {"gaussian_blur", 1.0}, {"gaussian_noise", 20.0}, {"contrast", 0.5}, {"rotation", 30.0}};
  // Accidents of the authors' released code, for repeating it.
  bool wrap_noise = false;    // noise is added in uint8 and wraps around modulo 256
  bool stem_relu = true;      // false: the stem has no ReLU
  bool flip_rotation = true;  // false: rotation views are never flipped
  bool operator==(const MethodSettings&) const = default;
};

// Stochastic gradient descent; the weight decay acts on every parameter.
struct OptimizerSettings {
  double lr = 0.1;
  double momentum = 0.9;
  double weight_decay = 5e-4;
  bool nesterov = false;
  bool operator==(const OptimizerSettings&) const = default;
};

struct ScheduleSettings {
  ScheduleKind kind = ScheduleKind::Multistep;
  int epochs = 300;
  std::vector<int> milestones = {100, 200,
                                 290};  // epochs completed when lr is multiplied by factor
  double factor = 0.1;
  double warmup = 0;  // epochs of linear growth at the start
  bool operator==(const ScheduleSettings&) const = default;
};

struct Recipe {
  std::string description;
  ModelSettings model;
  DataSettings data;
  MethodSettings method;
  OptimizerSettings optimizer;
  ScheduleSettings schedule;
  Precision precision = Precision::Auto;
  std::uint64_t seed = 1;
  std::string init;        // a .safetensors file to start from, with torchvision's names; empty:
                           // random weights
  bool recompute = false;  // save memory by computing activations a second time
  bool operator==(const Recipe&) const = default;
};

struct LoadedRecipe {
  Recipe recipe;
  std::vector<std::string> notes;  // what was adapted, one line each, to be printed
};

// Loads a built-in recipe by name, or a JSON file. `sets` are "a.b=value", applied in order; the
// value is read as JSON, else taken as text. Where sets change schedule.epochs and milestones,
// stage2_epoch or warmup no longer fit, those not set themselves are scaled along, and noted.
// UsageError, naming the key's path and the nearest right one, for an unknown key, a wrong type or
// an impossible value.
LoadedRecipe load_recipe(const std::string& name_or_path,
                         const std::vector<std::string>& sets = {});

// The same from JSON text. `source` names it in errors; its folder is where "extends" looks.
LoadedRecipe parse_recipe(const std::string& json, const std::string& source,
                          const std::vector<std::string>& sets = {});

// All keys, in the order above; parse_recipe gives the same recipe again.
std::string to_json(const Recipe& recipe);

// "optimizer.lr is 0.1, not 0.05": the first key in which a recipe is not like another,
// descriptions apart; "" where there is none.
std::string first_difference(const Recipe& recipe, const Recipe& other);

struct BuiltinRecipe {
  std::string name, description;
  int epochs;
};
std::vector<BuiltinRecipe> builtin_recipes();

// UsageError for what a recipe can say but this version cannot train yet.
void require_supported(const Recipe& recipe);

}  // namespace aux_training
