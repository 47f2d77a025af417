// NumPy's .npy files of bytes, the form in which CIFAR-C is published: one array, row-major.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace data {

// "(50000, 32, 32, 3)", as in a header.
std::string shape_text(const std::vector<long>& shape);

// What stands before the array in a file: format 1.0, padded so that the array begins at a multiple
// of 64, as NumPy has written it since 1.14.
std::string npy_header(const std::vector<long>& shape);

// Reads a file piece by piece. Errors name the file: missing, not .npy, not of bytes in row-major
// order, or not as long as its header says.
class NpyFile {
 public:
  explicit NpyFile(const std::string& path);

  const std::vector<long>& shape() const { return shape_; }
  long rows() const { return shape_[0]; }  // the first dimension, at least one there is
  long row_bytes() const { return row_bytes_; }

  void read(long first_row, long rows, std::uint8_t* out);

 private:
  std::string path_;
  std::ifstream file_;
  std::vector<long> shape_;
  long begin_ = 0, row_bytes_ = 1;
};

}  // namespace data
