// A descriptor of cuDNN's backend API: made, given attributes, finalised, asked. Attributes, types
// and statuses are cuDNN's enumerations as int, so that no header needs its headers.
//
// https://docs.nvidia.com/deeplearning/cudnn/backend/latest/api/cudnn-graph-library.html
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace kernels::cudnn {

// An Error "cuDNN: <what> <of what>: <cuDNN's words>" where the status is not success.
void check(int status, const char* what, const char* of_what = "");

// A handle: copies are the same descriptor. It lives as long as one of them, or as one that was
// given it as an attribute.
class Descriptor {
 public:
  Descriptor() = default;  // none
  explicit Descriptor(int type);
  explicit operator bool() const { return state_ != nullptr; }

  void set(int attribute, int type, const void* values, std::int64_t count);
  template <class T>
  void set(int attribute, int type, const T& value) {
    set(attribute, type, &value, 1);
  }
  void set(int attribute, const std::vector<Descriptor>&);
  void finalize();

  template <class T>
  T get(int attribute, int type) const {
    T value{};
    get(attribute, type, &value, 1);
    return value;
  }
  template <class T>
  std::vector<T> get_all(int attribute, int type) const {
    std::vector<T> values(static_cast<std::size_t>(count(attribute, type)));
    values.resize(static_cast<std::size_t>(
        get(attribute, type, values.data(), static_cast<std::int64_t>(values.size()))));
    return values;
  }
  std::vector<Descriptor> get_descriptors(int attribute, int descriptor_type,
                                          std::int64_t most) const;
  std::string get_text(int attribute) const;

  void* raw() const;  // a cudnnBackendDescriptor_t

 private:
  struct State;

  std::int64_t count(int attribute, int type) const;
  std::int64_t get(int attribute, int type, void* values, std::int64_t most) const;

  std::shared_ptr<State> state_;
};

}  // namespace kernels::cudnn
