// The words and numbers a recipe may use.
#pragma once

#include <string>
#include <vector>

namespace aux_training {

// The words allowed at a key such as "method.teacher", in the order of their enumeration; empty
// where any text will do.
const std::vector<std::string>& words_at(const std::string& key);

// The numbers allowed at a key, both ends included.
struct NumberRange {
  double low, high;
};
NumberRange range_at(const std::string& key);

// The strengths a corruption can have; low > high when there is no such corruption.
NumberRange strength_range(const std::string& corruption);
const std::vector<std::string>& corruption_names();

}  // namespace aux_training
