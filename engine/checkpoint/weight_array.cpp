#include "engine/checkpoint/weight_array.h"

#include <bit>
#include <cstring>
#include <map>

#include "kernels/base/bfloat16.h"
#include "kernels/base/check.h"

namespace engine {
namespace {

// IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction.
struct Half {
  std::uint16_t bits;
  operator float() const {
    constexpr float kSmallest = 5.9604644775390625e-8f;  // 2^-24
    const std::uint32_t sign = (bits & 0x8000u) << 16, exponent = bits >> 10 & 31,
                        fraction = bits & 1023u;
    if (exponent == 0) {
      const float size = static_cast<float>(fraction) * kSmallest;
      return sign ? -size : size;
    }
    const std::uint32_t wide = exponent == 31 ? 255 : exponent + 112;
    return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
  }
};

template <class Stored>
std::vector<float> gather(const WeightArray& array) {
  std::vector<float> result(array.elements());
  std::vector<int> index(array.shape.size(), 0);
  std::int64_t place = 0;
  for (float& number : result) {
    Stored stored;
    std::memcpy(&stored, array.numbers.data() + static_cast<std::size_t>(place) * sizeof stored,
                sizeof stored);
    number = static_cast<float>(stored);
    for (std::size_t i = index.size(); i-- > 0;) {  // the next index, as an odometer counts
      place += array.strides[i];
      if (++index[i] < array.shape[i]) break;
      place -= array.strides[i] * array.shape[i];
      index[i] = 0;
    }
  }
  return result;
}

}  // namespace

std::size_t WeightArray::elements() const {
  std::size_t count = 1;
  for (const int extent : shape) count *= static_cast<std::size_t>(extent);
  return count;
}

std::vector<std::int64_t> dense_strides(const std::vector<int>& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

std::size_t bytes_of_dtype(const std::string& dtype) {
  static const std::map<std::string, std::size_t> kBytes = {
      {"F64", 8}, {"I64", 8}, {"U64", 8},  {"F32", 4},     {"I32", 4},
      {"U32", 4}, {"F16", 2}, {"BF16", 2}, {"I16", 2},     {"U16", 2},
      {"I8", 1},  {"U8", 1},  {"BOOL", 1}, {"F8_E4M3", 1}, {"F8_E5M2", 1}};
  const auto found = kBytes.find(dtype);
  return found == kBytes.end() ? 0 : found->second;
}

bool is_floating_point(const WeightArray& array) {
  const std::string& dtype = array.dtype;
  return dtype == "F64" || dtype == "F32" || dtype == "F16" || dtype == "BF16";
}

std::vector<float> to_floats(const WeightArray& array) {
  CHECK(is_floating_point(array), "expected F32, F16, BF16 or F64, got ", array.dtype);
  if (array.dtype == "F64") return gather<double>(array);
  if (array.dtype == "F32") return gather<float>(array);
  if (array.dtype == "F16") return gather<Half>(array);
  return gather<kernels::bfloat16>(array);
}

}  // namespace engine
