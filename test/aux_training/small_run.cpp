#include "test/aux_training/small_run.h"

#include <unistd.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <sstream>

#include "test/support/catch.h"

namespace test {

namespace fs = std::filesystem;
using namespace aux_training;
using nlohmann::json;

TemporaryRuns::TemporaryRuns()
    : path_(fs::temp_directory_path() / ("auxtrain_runs." + std::to_string(::getpid()))) {
  fs::remove_all(path_);
  fs::create_directories(path_);
}

TemporaryRuns::~TemporaryRuns() { fs::remove_all(path_); }

RunFolder TemporaryRuns::make(const std::string& name) const {
  return RunFolder::create(path_ / name);
}

Recipe small_recipe() {
  Recipe recipe;
  recipe.model = {.name = "resnet20", .classes = 10, .width = 4};
  recipe.data = {.name = "synthetic", .augment = true, .batch = 8};
  recipe.method.name = MethodName::Auxiliary;
  recipe.method.corruptions = {{"gaussian_noise", 20}, {"rotation", 30}};
  recipe.method.stage2_epoch = 2;
  recipe.optimizer.lr = 0.05;
  recipe.precision = Precision::Fp32;
  recipe.schedule = {.epochs = 3, .milestones = {1, 2}, .factor = 0.5, .warmup = 0.5};
  return recipe;
}

Trainer Training::trainer() const { return Trainer(recipe, small_dataset(dataset), options); }

int Training::run(const RunFolder& folder) const { return trainer().run(folder); }

int Training::resume(const RunFolder& folder) const {
  const Checkpoint checkpoint = read_checkpoint(folder.checkpoint());
  kernels::AlgorithmChoices algorithms(checkpoint.algorithms.value_or(Algorithms{}));
  Training training = *this;
  training.options.algorithms = checkpoint.algorithms ? &algorithms : nullptr;
  training.options.resumes = true;
  Trainer resumed = training.trainer();
  resumed.resume(checkpoint);
  return resumed.run(folder);
}

std::vector<std::string> log_without_timings(const RunFolder& folder) {
  std::vector<std::string> lines;
  std::istringstream text(read_text_file(folder.log()));
  for (std::string line; std::getline(text, line);) {
    json record = json::parse(line);
    record.erase("seconds");
    record.erase("images_per_second");
    lines.push_back(record.dump());
  }
  return lines;
}

std::vector<std::string> contents_without_timings(const fs::path& path) {
  const engine::Safetensors file = engine::Safetensors::read(path);
  std::vector<std::string> contents;
  for (auto [key, value] : file.metadata()) {
    if (key == "position") {
      json position = json::parse(value);
      position.erase("seconds");
      value = position.dump();
    }
    contents.push_back(key + ": " + value);
  }
  for (const std::string& name : file.names()) {
    const auto* bytes = static_cast<const char*>(file.data(name));
    contents.push_back(
        name + ": " + std::string(bytes, file.elements(name) * kernels::bytes_of(file.type(name))));
  }
  return contents;
}

void require_same(const RunFolder& a, const RunFolder& b) {
  for (const auto& [one, other] :
       {std::pair(a.checkpoint(), b.checkpoint()), std::pair(a.primary(), b.primary())}) {
    const auto contents = contents_without_timings(one), others = contents_without_timings(other);
    REQUIRE(contents.size() == others.size());
    for (std::size_t i = 0; i < contents.size(); ++i) {
      INFO(contents[i].substr(0, contents[i].find(':')) << " of " << one << " and " << other);
      REQUIRE((contents[i] == others[i]));  // without printing thousands of bytes
    }
  }
  REQUIRE(log_without_timings(a) == log_without_timings(b));
}

}  // namespace test
