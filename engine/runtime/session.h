// A Session gives a Program memory and runs it. After the constructor, a step only launches: no
// allocation, no decision. On a GPU the second step is written down as a graph, which every step
// after it is.
#pragma once

#include <cstdint>

#include "engine/runtime/backend.h"
#include "engine/runtime/planner.h"

namespace engine {

struct SessionOptions {
  bool share_activations = true;
  // Parameters and states of the same name live in that session's memory: how an evaluation sees
  // the weights of a training. It must outlive this one.
  class Session* parameters_of = nullptr;
  bool poison = false;  // fills activations with NaN first: what is read before it is written shows
};

struct MemoryUse {
  std::size_t parameters = 0, gradients = 0, momentum = 0, states = 0, results = 0, inputs = 0;
  std::size_t arena = 0;
  std::size_t total() const {
    return parameters + gradients + momentum + states + results + inputs + arena;
  }
};

class Session {
 public:
  using Options = SessionOptions;
  explicit Session(const Program& program, Options = {});  // the program must outlive it

  // Fills parameters and states as their initializers say. The same for the same seed and names,
  // whatever else the program holds.
  void initialize(std::uint64_t seed);

  // `slot` says which half of double-buffered inputs the step reads.
  void step(int slot = 0) {
    forward_backward(slot);
    update(slot);
  }
  void forward_backward(int slot = 0) { forward_backward_[slot](); }
  void update(int slot = 0) { update_[slot](); }
  // A step is only started. Here is where its end is waited for: results can be read then.
  void wait() { backend_->wait(); }

  // One call alone, for those who time it. What the host has written is not brought to it.
  void run_call(size_t call, int slot = 0) { launches_[slot][call](); }

  // Like forward_backward(), but looks at every value a call has written: an error names the
  // first call and value with NaN or infinity in it.
  void step_checked(int slot = 0);

  // Memory of the host: an Input as the next step of that slot takes it, a Result as wait() left
  // it.
  template <class T = float>
  T* input(Tensor t, int slot = 0) {
    return static_cast<T*>(on_host(t, slot));
  }
  template <class T = float>
  const T* result(Tensor t) const {
    return static_cast<const T*>(const_cast<Session*>(this)->on_host(t, 0));
  }

  // A value of whatever role: on a GPU a copy, else the value itself. Not in the middle of a step.
  std::shared_ptr<const void> host_copy(Tensor t, int slot = 0);
  void write(Tensor t, const void* host, int slot = 0);

  // Memory of the device.
  template <class T = float>
  T* data(Tensor t, int slot = 0) {
    return reinterpret_cast<T*>(address(t, slot));
  }
  template <class T = float>
  const T* data(Tensor t, int slot = 0) const {
    return reinterpret_cast<const T*>(address(t, slot));
  }
  const Program& program() const { return program_; }
  const MemoryUse& memory() const { return memory_use_; }

 private:
  // A part of the persistent memory, and what the host sees of it.
  struct Shared {
    std::byte *device = nullptr, *host = nullptr;
    std::size_t bytes = 0;
    bool holds(const std::byte* place) const { return place >= device && place < device + bytes; }
  };
  void place_persistent(const std::vector<Tensor>& shared);
  std::byte* address(Tensor t, int slot) const;
  void* on_host(Tensor t, int slot);
  void prepare();
  std::vector<Launch> input_copies(int slot);
  void check_finite(const Call&, size_t index, Tensor, int slot);

  const Program& program_;
  Options options_;
  MemoryUse memory_use_;
  std::unique_ptr<Backend> backend_;
  std::vector<std::byte*> place_;       // by value id
  std::vector<std::size_t> slot_step_;  // by value id: bytes from one slot to the next
  Shared inputs_, results_;
  size_t update_begins_ = 0;
  std::vector<Launch> launches_[2];  // by slot; the second differs where inputs are double-buffered
  Launch forward_backward_[2], update_[2];
};

}  // namespace engine
