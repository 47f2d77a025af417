// Values are the names of arrays in a program: a shape, a type, and a role that decides where they
// live. A Tensor is the number of a value; it costs nothing to copy.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "kernels/base/type.h"

namespace engine {

using kernels::Type;

// Activations are [views, images, height, width, channels], features [views, images, channels].
using Shape = std::vector<int>;
long size_of(const Shape&);
std::string text_of(const Shape&);  // [5, 128, 32, 32, 16]

// Only Activation memory is shared between values that are never alive together.
enum class Role {
  Activation,
  Input,      // written from outside before a step: batches, knobs
  Parameter,  // trained; all of them form one flat array
  Gradient,   // in the order of the parameters, one flat array
  Momentum,   // in the order of the parameters, one flat array
  State,      // kept between steps: running statistics
  Result      // read from outside after a step: losses, logits
};
const char* name_of(Role);

struct Tensor {
  int id = -1;
  explicit operator bool() const { return id >= 0; }
  friend bool operator==(Tensor, Tensor) = default;
};

// How a parameter or state begins.
struct Initializer {
  enum class Kind { Constant, Normal, Uniform } kind = Kind::Constant;
  float scale = 0;  // the constant, the standard deviation, or the bound of +-scale
};

struct Value {
  std::string name;
  Shape shape = {};
  Type type = Type::Float;
  Role role = Role::Activation;
  Initializer initializer = {};
  int alias_of = -1;             // the value of whose memory this one is a part
  std::size_t alias_offset = 0;  // where it begins in there, in bytes
  int mirror_of = -1;            // of a Gradient: its parameter
  bool whole = false;            // stands for all values of its role, as one flat array
  int slots = 1;                 // 2 for an Input that is filled while a step uses the other one
  bool wants_gradient = false;   // of an Input: the backward pass reaches it
  bool is_data = false;          // of an Activation: the backward pass ends before it

  std::size_t bytes() const;
};

}  // namespace engine
