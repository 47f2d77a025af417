// The safetensors format: named arrays that any framework can open.
//
//   8 bytes    N, the length of the header, little-endian
//   N bytes    JSON {"NAME": {"dtype": "F32", "shape": [64, 3, 3, 3], "data_offsets": [0, 6912]},
//              ..., "__metadata__": {"KEY": "text", ...}}, padded with spaces so that 8 + N is a
//              multiple of 8
//   the rest   the arrays, little-endian, row-major, without gaps; offsets count from here
//
// Types F32, BF16, I32, U32 and U8. Source: https://github.com/huggingface/safetensors
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/checkpoint/weight_array.h"
#include "kernels/base/type.h"

namespace engine {

struct TensorEntry {
  std::string name;
  std::vector<int> shape;  // empty for a single number
  kernels::Type type = kernels::Type::Float;
  const void* data = nullptr;  // product(shape) elements; null only where there are none
  std::shared_ptr<const void> owner = {};  // of the data, where it is nobody else's
};

using Metadata = std::map<std::string, std::string>;

// Arrays are laid out in the order given, the widest types first so that all are aligned. The file
// is replaced at once or not at all (atomic_file.h). Errors: a name twice, a name "__metadata__",
// text that is not UTF-8, an unwritable folder, a full disk.
void write_safetensors(const std::filesystem::path& path, const std::vector<TensorEntry>& tensors,
                       const Metadata& metadata);

// A file read whole into memory. Reading checks everything and refuses, with one line that names
// the file and the tensor, whatever is malformed; a tensor of another type (F16, I64, ...) may be
// present, and is refused only when it is asked for. Cheap to copy: copies share the arrays.
class Safetensors {
 public:
  static Safetensors read(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  const Metadata& metadata() const { return metadata_; }
  const std::string& metadata(const std::string& key) const;  // Error when absent
  std::vector<std::string> names() const;                     // in the order of the data
  bool has(const std::string& name) const;

  // Error when there is no such tensor.
  const std::vector<int>& shape(const std::string& name) const;
  std::size_t elements(const std::string& name) const;
  kernels::Type type(const std::string& name) const;

  // Arrays live as long as any copy of this object and are aligned to 64 bytes. Error when the
  // tensor is of another type.
  const void* data(const std::string& name) const;
  const float* floats(const std::string& name) const;
  const std::int32_t* ints(const std::string& name) const;
  // A tensor of whatever type.
  WeightArray array(const std::string& name) const;

 private:
  struct Tensor {
    std::string name, dtype;
    std::vector<int> shape;
    std::size_t elements = 0;
    std::size_t place = 0;  // of its array in storage_
  };
  const Tensor& find(const std::string& name) const;
  const void* typed(const std::string& name, kernels::Type type) const;

  std::filesystem::path path_;
  Metadata metadata_;
  std::vector<Tensor> tensors_;
  std::map<std::string, std::size_t> index_;  // of a name in tensors_
  std::shared_ptr<const std::byte> storage_;
};

}  // namespace engine
