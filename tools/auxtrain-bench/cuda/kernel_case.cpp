#include "tools/auxtrain-bench/cuda/kernel_case.h"

#include <cstdint>

namespace tools {
namespace {

constexpr std::size_t kAlignment = 256;

constexpr std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

CaseArrays::Allocate CaseArrays::one_by_one(void* start) {
  return [next = reinterpret_cast<std::uintptr_t>(start)](std::size_t bytes) mutable {
    return reinterpret_cast<void*>(std::exchange(next, next + aligned(bytes)));
  };
}

CaseArrays::Allocate CaseArrays::nowhere() {
  return one_by_one(reinterpret_cast<void*>(kAlignment));  // a null pointer means something else
}

std::size_t CaseArrays::memory_bytes() const {
  std::size_t bytes = 0;
  for (const Array& array : arrays_) bytes += aligned(array.bytes);
  return bytes;
}

double CaseArrays::least_bytes() const {
  double bytes = 0;
  for (const Array& array : arrays_) {
    const int times = array.use == Use::Update ? 2 : array.use == Use::Scratch ? 0 : 1;
    bytes += times * static_cast<double>(array.bytes);
  }
  return bytes;
}

}  // namespace tools
