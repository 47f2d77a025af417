// Golden values: what test/golden/auxiliary_training.py (PyTorch in float64) found, and the numbers
// it started from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "engine/checkpoint/safetensors.h"

namespace test {

// u(name, i) in [-1, 1): the top 24 bits of mix((FNV1a(name) ^ seed) + i * 0x9E3779B9), where mix
// is the 32-bit finalizer of MurmurHash3. The same as in test/golden/formula.py, bit for bit.
class Formula {
 public:
  explicit Formula(const std::string& name, std::uint32_t seed = 0);
  std::uint32_t bits(std::uint32_t index) const;
  float uniform(std::uint32_t index) const;

 private:
  std::uint32_t start_;
};

class GoldenTraining {
 public:
  struct Losses {  // batch means, all without their weights
    double total = 0, penalty = 0;
    std::vector<double> ce;  // by view
    std::vector<double> kl;  // by auxiliary head
  };
  struct Run {
    int steps = 0;
    float alpha = 0, lambda = 0, temperature = 0, lr = 0, momentum = 0, weight_decay = 0;
    bool mutual = false, nesterov = false;
    std::vector<float> gamma;                  // by step, the first is step 1
    std::vector<int> gradients_at, values_at;  // steps whose gradients, or values after, are kept
    std::vector<Losses> losses;                // by step, before its update
  };
  struct Fill {
    std::vector<int> shape;  // PyTorch's: OIHW, IOHW for transposed convolutions
    float center = 0, spread = 0;
  };

  // `folder` is test/golden. Error when a file is missing or damaged.
  explicit GoldenTraining(const std::filesystem::path& folder);

  int views = 0, images = 0, classes = 0, size = 0, width = 0;
  std::map<std::string, Fill> fills;  // of every parameter by name
  std::map<std::string, Run> runs;    // "detached", "mutual"

  std::vector<float> initial(const std::string& parameter) const;  // in PyTorch's layout
  std::vector<float> batch(int step) const;                        // [views, images, size, size, 3]
  std::vector<std::int32_t> labels(int step) const;                // [images]
  // A kept tensor, "RUN.stepN.gradient.NAME" or "RUN.stepN.value.NAME", in PyTorch's layout.
  std::vector<float> tensor(const std::string& key) const;
  // What follows the prefix in the keys that begin with it.
  std::vector<std::string> names(const std::string& prefix) const;

 private:
  std::uint32_t seed_ = 0;
  std::vector<float> noise_;  // its strength, by view
  engine::Safetensors tensors_;
};

}  // namespace test
