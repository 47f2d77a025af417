// Trained weights, whoever wrote them: .safetensors, or PyTorch's .pth and .pt.
#pragma once

#include <filesystem>
#include <map>
#include <memory>

#include "engine/checkpoint/weight_array.h"

namespace engine {

class WeightFile {
 public:
  // Read whole into memory and checked from end to end. Of names that all begin with "module.",
  // as PyTorch's DataParallel makes them, that is taken off. UsageError where there is no such
  // file or its name ends in something else; an Error says what is wrong with its contents.
  static WeightFile read(const std::filesystem::path& path);

  std::string name() const { return path_.string(); }
  const std::map<std::string, WeightArray>& arrays() const { return arrays_; }

 private:
  std::filesystem::path path_;
  std::map<std::string, WeightArray> arrays_;  // parts of storage_
  std::shared_ptr<const void> storage_;
};

}  // namespace engine
