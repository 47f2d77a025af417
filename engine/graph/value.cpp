#include "engine/graph/value.h"

#include "kernels/base/check.h"

namespace engine {

long size_of(const Shape& shape) {
  long size = 1;
  for (int extent : shape) size *= extent;
  return size;
}

std::string text_of(const Shape& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += kernels::text(i ? ", " : "", shape[i]);
  return text + "]";
}

const char* name_of(Role role) {
  constexpr const char* kNames[] = {"activation", "input", "parameter", "gradient",
                                    "momentum",   "state", "result"};
  return kNames[static_cast<int>(role)];
}

std::size_t Value::bytes() const {
  return static_cast<std::size_t>(size_of(shape)) * kernels::bytes_of(type);
}

}  // namespace engine
