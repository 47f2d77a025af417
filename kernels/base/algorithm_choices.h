// Which algorithm does a piece of work, where several can and the fastest is found by timing them.
//
// Algorithms round differently. A run that is to be repeated bit for bit, or gone on with, is given
// the choices that it was recorded with, and then nothing is timed. A GPU that does not have one of
// them takes another: by_work() is then not what was given.
#pragma once

#include <map>
#include <string>
#include <utility>

namespace kernels {

class AlgorithmChoices {
 public:
  AlgorithmChoices() = default;
  // What is asked for and not here yet is taken over from `known`.
  explicit AlgorithmChoices(std::map<std::string, std::string> known) : known_(std::move(known)) {}

  // Null where there is none yet.
  const std::string* find(const std::string& work) {
    if (const auto known = known_.find(work); known != known_.end())
      by_work_.try_emplace(work, known->second);
    const auto found = by_work_.find(work);
    return found == by_work_.end() ? nullptr : &found->second;
  }
  void set(const std::string& work, const std::string& algorithm) { by_work_[work] = algorithm; }
  // Everything that was asked for.
  const std::map<std::string, std::string>& by_work() const { return by_work_; }

 private:
  std::map<std::string, std::string> by_work_, known_;
};

}  // namespace kernels
