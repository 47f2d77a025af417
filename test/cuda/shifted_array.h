// An array that begins some elements after a multiple of 256 bytes, as a slice may.
#pragma once

#include <vector>

#include "test/cuda/device_array.h"

namespace test {

template <class T>
class ShiftedArray {
 public:
  ShiftedArray(const std::vector<T>& values, std::size_t by)
      : by_(by), array_(with_space_before(values, by)) {}

  T* data() const { return array_.data() + by_; }
  std::vector<T> host() const {
    const std::vector<T> all = array_.host();
    return {all.begin() + static_cast<std::ptrdiff_t>(by_), all.end()};
  }

 private:
  static std::vector<T> with_space_before(const std::vector<T>& values, std::size_t by) {
    std::vector<T> all(by);
    all.insert(all.end(), values.begin(), values.end());
    return all;
  }

  std::size_t by_;
  DeviceArray<T> array_;
};

}  // namespace test
