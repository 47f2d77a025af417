// A Program is one step written down once: the values it touches and the calls that make them, in
// order. Model code runs a single time, on names instead of numbers, to write it. backward()
// appends the gradient calls to the same list. A Session then gives it memory and runs it.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/graph/device.h"
#include "engine/graph/value.h"
#include "kernels/base/check.h"
#include "kernels/base/launch.h"

namespace engine {

using kernels::Launch;

// The addresses of one call, fixed before the first step.
class Buffers {
 public:
  Buffers(std::vector<void*> inputs, std::vector<void*> outputs)
      : inputs_(std::move(inputs)), outputs_(std::move(outputs)) {}
  // Null for a Tensor that was not given (an optional bias, say).
  template <class T = float>
  const T* in(int i) const {
    return static_cast<const T*>(inputs_.at(static_cast<size_t>(i)));
  }
  template <class T = float>
  T* out(int i) const {
    return static_cast<T*>(outputs_.at(static_cast<size_t>(i)));
  }

 private:
  std::vector<void*> inputs_, outputs_;
};

struct Call {
  std::string name;        // of the kernel
  std::string scope = {};  // of the layer that wrote it
  std::vector<Tensor> inputs = {},
                      outputs = {};  // an output that is also read (accumulated) is just output
  struct InPlace {
    int input, output;  // positions: the output may take the input's memory, if that ends here
  };
  std::vector<InPlace> in_place = {};
  double operations = 0;  // multiplications and additions, where these are most of the work
  // What shapes do not tell of the operation ("stride", "epsilon"), for who writes it down
  // elsewhere.
  std::map<std::string, double> attributes = {};
  std::function<Launch(const Buffers&)> prepare = {};  // set by Program::call
};

class Gradients;
using GradientRule = std::function<void(Gradients&)>;
using RecomputeRule = std::function<Tensor(Gradients&)>;

enum class Mode { Training, Inference };

struct ProgramOptions {
  Device device;
  Mode mode = Mode::Training;
  Type storage = Type::Float;  // of activations: Float or BFloat16
  bool recompute = false;      // cheap activations are not kept for the backward pass
};

class Program {
 public:
  explicit Program(ProgramOptions options) : options_(options) {}
  Program(const Program&) = delete;  // gradient rules hold its address
  Program& operator=(const Program&) = delete;

  const Device& device() const { return options_.device; }
  bool on_cpu() const { return std::holds_alternative<kernels::Cpu>(options_.device); }
  bool training() const { return options_.mode == Mode::Training; }
  Type storage() const { return options_.storage; }

  // Values made while a Scope lives are named below it: "layer1.0.conv1" + ".weight".
  class Scope {
   public:
    Scope(Program& program, const std::string& name);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Program& program_;
    std::string outer_;
  };

  // What is recorded while one lives is recomputed on a CPU, whatever the options say: for what
  // costs next to nothing beside the memory it would hold. On a GPU every launch costs.
  class RecomputeScope {
   public:
    explicit RecomputeScope(Program&);
    ~RecomputeScope();
    RecomputeScope(const RecomputeScope&) = delete;
    RecomputeScope& operator=(const RecomputeScope&) = delete;

   private:
    Program& program_;
    bool outer_;
  };

  Tensor activation(const std::string& name, Shape, Type);
  Tensor activation(const std::string& name, Shape shape) {
    return activation(name, std::move(shape), storage());
  }
  Tensor workspace(std::size_t bytes);  // scratch memory of one call, shared by the arena
  Tensor input(const std::string& name, Shape, Type = Type::Float, int slots = 1);
  // The input that random numbers of a step are drawn from, [kRandomWords] of UInt32: the seed and
  // the number of the step (kernels/base/philox.h). Made when first asked for.
  Tensor random();
  Tensor parameter(const std::string& name, Shape, Initializer);
  Tensor state(const std::string& name, Shape, Initializer = {});
  Tensor result(const std::string& name, Shape);
  Tensor momentum(Tensor parameter);  // "<parameter>.momentum", of its shape
  Tensor whole(Role);                 // every value of the role, as one flat array
  // A part of another value's memory under its own name and shape; `offset` in elements.
  Tensor alias(const std::string& name, Tensor of, Shape, long offset = 0);
  void want_gradient(Tensor input);
  void want_no_gradient(Tensor activation);  // it is made of data alone

  // Appends a call. prepare(device, buffers) returns its launch; a session calls it once,
  // and again for the second slot where the call reads an input that has two.
  template <class Prepare>
  void call(Call call, Prepare prepare) {
    call.prepare = [device = options_.device, prepare](const Buffers& buffers) {
      return std::visit([&](auto place) -> Launch { return prepare(place, buffers); }, device);
    };
    append(std::move(call));
  }

  // f(device) for the program's device: how an operation makes its plan while recording.
  template <class F>
  auto on_device(F f) const {
    return std::visit(f, options_.device);
  }

  // Remembers how the gradient of `result` reaches what it was made from.
  void gradient(Tensor result, GradientRule rule);

  // Remembers how the backward pass can write `result` a second time, to the same bits, instead of
  // keeping it: the rule appends the calls and returns the new value. For operations that cost
  // little and whose inputs are kept anyway, or can be recomputed themselves.
  void recompute(Tensor result, RecomputeRule rule);
  // Whether keeping t for the backward pass takes no memory of its own.
  bool recomputable(Tensor t) const;

  // Appends the backward pass of the sum of these losses, and checks that every parameter gets a
  // gradient. Calls appended afterwards are the update.
  void backward(const std::vector<Tensor>& losses);

  const Value& value(Tensor) const;
  const Shape& shape(Tensor t) const { return value(t).shape; }
  Type type(Tensor t) const { return value(t).type; }
  const std::vector<Value>& values() const { return values_; }
  const std::vector<Call>& calls() const { return calls_; }
  size_t update_begins() const { return update_begins_; }  // the first call after backward()
  long parameter_count() const;                            // how many numbers are trained

  Tensor find(const std::string& name) const;  // the first of that name; an error where none is
  std::string listing() const;                 // one line a call, for people

 private:
  friend class Gradients;
  friend class Scope;
  friend class RecomputeScope;
  struct Rule {
    Tensor result;
    std::string scope;
    GradientRule run;
  };
  struct Recompute {
    std::string scope;
    RecomputeRule run;
  };

  Tensor add(Value);
  void append(Call);
  std::string scoped(const std::string& name) const;

  ProgramOptions options_;
  std::string scope_;
  Tensor random_;
  std::vector<Value> values_;
  std::vector<Call> calls_;
  std::vector<Rule> rules_;
  std::map<int, Recompute> recompute_;  // by the result's id
  size_t update_begins_ = static_cast<size_t>(-1);
};

}  // namespace engine
