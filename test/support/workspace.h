// Scratch memory as the arena gives it: aligned and full of NaN. A kernel that reads what it did
// not write shows NaN; one that writes past the end is found out.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace test {

class Workspace {
 public:
  explicit Workspace(std::size_t bytes) : bytes_(bytes), lines_(bytes / sizeof(Line) + 2) {
    for (Line& line : lines_) std::fill(std::begin(line.bytes), std::end(line.bytes), kNan);
  }
  void* data() { return lines_.data(); }
  bool kept_within() const {
    const auto* from = reinterpret_cast<const unsigned char*>(lines_.data());
    return std::all_of(from + bytes_, from + lines_.size() * sizeof(Line),
                       [](unsigned char byte) { return byte == kNan; });
  }

 private:
  static constexpr unsigned char kNan = 0xff;  // in every byte: NaN as float and as bfloat16
  struct alignas(64) Line {
    unsigned char bytes[64];
  };
  std::size_t bytes_;
  std::vector<Line> lines_;
};

}  // namespace test
