#include "aux_training/recipe/vocabulary.h"

#include <map>

#include "aux_training/recipe/recipe.h"

namespace aux_training {

const std::vector<std::string>& words_at(const std::string& key) {
  static const std::map<std::string, std::vector<std::string>> kWords = {
      {"model.name", models::backbone_names()},
      {"model.stem", {name_of(Stem::Cifar), name_of(Stem::ImageNet)}},
      {"data.name", {"cifar10", "cifar100", "imagenet", "synthetic"}},
      {"method.name",
       {"standard", "auxiliary", "data_augmentation", "rotation", "patch_gaussian", "adversarial",
        "auxiliary_adversarial"}},
      {"method.merging", {"mean", "primary"}},
      {"method.teacher", {"detached", "mutual"}},
      {"schedule.kind", {"multistep", "cosine"}},
      {"precision", {"auto", "fp32", "bf16"}}};
  static const std::vector<std::string> kAny;
  const auto found = kWords.find(key);
  return found == kWords.end() ? kAny : found->second;
}

NumberRange range_at(const std::string& key) {
  static const std::map<std::string, NumberRange> kRanges = {
      {"model.classes", {2, 100'000}},    {"model.width", {0, 4096}},
      {"data.batch", {1, 65'536}},        {"method.alpha", {0, 1000}},
      {"method.lambda", {0, 1000}},       {"method.gamma", {0, 1000}},
      {"method.stage2_epoch", {0, 1e6}},  {"method.temperature", {0.01, 1000}},
      {"optimizer.lr", {0, 1000}},        {"optimizer.momentum", {0, 1}},
      {"optimizer.weight_decay", {0, 1}}, {"schedule.epochs", {1, 1e6}},
      {"schedule.milestones", {1, 1e6}},  {"schedule.factor", {0, 1}},
      {"schedule.warmup", {0, 1e6}},      {"seed", {0, 18446744073709551615.0}}};
  return kRanges.at(key);
}

NumberRange strength_range(const std::string& corruption) {
  if (corruption == "gaussian_blur") return {0.01, 10};    // sigma in pixels
  if (corruption == "gaussian_noise") return {0.01, 255};  // sigma on 0..255
  if (corruption == "contrast") return {0.01, 1};          // factors in [1 - s, 1 + s]
  if (corruption == "rotation") return {0.01, 180};        // degrees
  return {1, 0};
}

const std::vector<std::string>& corruption_names() {
  static const std::vector<std::string> kNames = {"gaussian_blur", "gaussian_noise", "contrast",
                                                  "rotation"};
  return kNames;
}

const char* name_of(MethodName method) {
  return words_at("method.name")[static_cast<std::size_t>(method)].c_str();
}
const char* name_of(Teacher teacher) {
  return words_at("method.teacher")[static_cast<std::size_t>(teacher)].c_str();
}
const char* name_of(Merging merging) {
  return words_at("method.merging")[static_cast<std::size_t>(merging)].c_str();
}
const char* name_of(ScheduleKind kind) {
  return words_at("schedule.kind")[static_cast<std::size_t>(kind)].c_str();
}
const char* name_of(Precision precision) {
  return words_at("precision")[static_cast<std::size_t>(precision)].c_str();
}

}  // namespace aux_training
