// An array in a file that others wrote: numbers of some type, anywhere in the file's bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace engine {

struct WeightArray {
  std::string dtype;                   // as safetensors names it: F32, F16, BF16, F64, I64, ...
  std::vector<int> shape;              // empty for a single number
  std::vector<std::int64_t> strides;   // from one index to the next, in elements
  std::span<const std::byte> numbers;  // begins with the first; holds them all

  std::size_t elements() const;
};

// The strides of an array without gaps, the last index moving fastest.
std::vector<std::int64_t> dense_strides(const std::vector<int>& shape);

// Of a type in safetensors' name; 0 where there is no such type.
std::size_t bytes_of_dtype(const std::string& dtype);

// F64, F32, F16 and BF16 are floating-point numbers.
bool is_floating_point(const WeightArray&);
// In order of the indices, the last moving fastest, rounded to float. Only of floating-point
// numbers.
std::vector<float> to_floats(const WeightArray&);

}  // namespace engine
