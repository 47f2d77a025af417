// A Session gives a Program memory and runs it. After the constructor, a step only launches: no
// allocation, no decision.
#pragma once

#include <cstdint>

#include "engine/runtime/planner.h"
#include "kernels/base/memory.h"

namespace engine {

struct SessionOptions {
  bool share_activations = true;
  // Parameters and states of the same name live in that session's memory: how an evaluation sees
  // the weights of a training. It must outlive this one.
  class Session* parameters_of = nullptr;
  bool poison = false;  // fills activations with NaN first: what is read before it is written shows
};

struct MemoryUse {
  std::size_t parameters = 0, gradients = 0, momentum = 0, states = 0, inputs = 0, arena = 0;
  std::size_t total() const { return parameters + gradients + momentum + states + inputs + arena; }
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
  void forward_backward(int slot = 0) { launch(0, update_begins_, slot); }
  void update(int slot = 0) { launch(update_begins_, launches_[0].size(), slot); }

  // One call alone, for those who time it.
  void run_call(size_t call, int slot = 0) { launches_[slot][call](); }

  // Like forward_backward(), but looks at every value a call has written: an error names the
  // first call and value with NaN or infinity in it.
  void step_checked(int slot = 0);

  template <class T = float>
  T* data(Tensor t, int slot = 0) {
    return static_cast<T*>(address(t, slot));
  }
  template <class T = float>
  const T* data(Tensor t, int slot = 0) const {
    return static_cast<const T*>(const_cast<Session*>(this)->address(t, slot));
  }
  const Program& program() const { return program_; }
  const MemoryUse& memory() const { return memory_use_; }

 private:
  void place_persistent();
  void share_parameters(Session& other);
  void* address(Tensor t, int slot);
  void prepare();
  void launch(size_t begin, size_t end, int slot) {
    const auto& launches = launches_[slot];
    for (size_t i = begin; i < end; ++i) launches[i]();
  }
  void check_finite(const Call&, size_t index, Tensor, int slot);

  const Program& program_;
  Options options_;
  MemoryUse memory_use_;
  std::vector<std::byte*> place_;       // by value id
  std::vector<std::size_t> slot_step_;  // by value id: bytes from one slot to the next
  kernels::Memory persistent_, arena_;
  size_t update_begins_ = 0;
  std::vector<Launch> launches_[2];  // by slot; the second differs where inputs are double-buffered
};

}  // namespace engine
