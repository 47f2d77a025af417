// Which algorithm does a piece of work, where several can and the fastest is found by timing them.
//
// Algorithms round differently. A run that is to be repeated bit for bit, or gone on with, is given
// the choices that it was recorded with, and then nothing is timed.
#pragma once

#include <map>
#include <string>

namespace kernels {

class AlgorithmChoices {
 public:
  // Null where there is none yet.
  const std::string* find(const std::string& work) const {
    const auto found = by_work_.find(work);
    return found == by_work_.end() ? nullptr : &found->second;
  }
  void set(const std::string& work, const std::string& algorithm) { by_work_[work] = algorithm; }
  const std::map<std::string, std::string>& by_work() const { return by_work_; }

 private:
  std::map<std::string, std::string> by_work_;
};

}  // namespace kernels
