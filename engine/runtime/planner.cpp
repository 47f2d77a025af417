#include "engine/runtime/planner.h"

#include <algorithm>
#include <numeric>

namespace engine {
namespace {

// A block of memory: one activation, or several that hand it over to each other in place.
struct Block {
  int first = -1, last = -1;  // calls
  std::size_t bytes = 0, offset = 0;
};

class Planner {
 public:
  explicit Planner(const Program& program) : program_(program), block_of_(program.values().size()) {
    std::iota(block_of_.begin(), block_of_.end(), 0);
    blocks_.resize(block_of_.size());
  }

  MemoryPlan run(bool share) {
    find_lifetimes();
    if (share) take_over_in_place();
    MemoryPlan plan{std::vector<std::size_t>(block_of_.size(), 0), 0, 0};
    for (size_t id = 0; id < block_of_.size(); ++id)
      if (is_block(id)) plan.unshared_bytes += aligned(blocks_[id].bytes);
    plan.arena_bytes = share ? place_lowest() : place_apart();
    for (size_t id = 0; id < block_of_.size(); ++id) {
      const size_t root = root_of(static_cast<int>(id));
      if (program_.values()[root].role == Role::Activation)
        plan.offset[id] = blocks_[find(root)].offset + program_.values()[id].alias_offset;
    }
    return plan;
  }

 private:
  size_t root_of(int id) const {
    const int of = program_.values()[static_cast<size_t>(id)].alias_of;
    return static_cast<size_t>(of >= 0 ? of : id);
  }
  size_t find(size_t id) const {
    while (block_of_[id] != id) id = block_of_[id];
    return id;
  }
  bool is_block(size_t id) const {
    return program_.values()[id].role == Role::Activation && program_.values()[id].alias_of < 0 &&
           blocks_[id].first >= 0 && block_of_[id] == id;
  }

  void find_lifetimes() {
    for (size_t id = 0; id < blocks_.size(); ++id)
      blocks_[id].bytes = program_.values()[id].bytes();
    for (int i = 0; i < static_cast<int>(program_.calls().size()); ++i) {
      const Call& call = program_.calls()[static_cast<size_t>(i)];
      for (const auto* tensors : {&call.inputs, &call.outputs})
        for (Tensor t : *tensors) {
          if (!t) continue;
          Block& block = blocks_[root_of(t.id)];
          if (block.first < 0) block.first = i;
          block.last = i;
        }
    }
  }

  void take_over_in_place() {
    for (int i = 0; i < static_cast<int>(program_.calls().size()); ++i) {
      const Call& call = program_.calls()[static_cast<size_t>(i)];
      for (const Call::InPlace& pair : call.in_place) {
        const Tensor from = call.inputs.at(static_cast<size_t>(pair.input));
        const Tensor to = call.outputs.at(static_cast<size_t>(pair.output));
        if (from && to) try_take_over(i, from, to, call);
      }
    }
  }

  void try_take_over(int i, Tensor from, Tensor to, const Call& call) {
    const Value &source = program_.value(from), &target = program_.value(to);
    if (source.role != Role::Activation || target.role != Role::Activation) return;
    if (source.alias_of >= 0 || target.alias_of >= 0 || source.bytes() != target.bytes()) return;
    const size_t old_block = find(static_cast<size_t>(from.id));
    const size_t new_block = static_cast<size_t>(to.id);
    if (blocks_[old_block].last != i || blocks_[new_block].first != i) return;
    if (block_of_[new_block] != new_block || old_block == new_block) return;
    // Nothing else in this call may use that memory: the same value given twice, another part of
    // it, an output that has already taken it over.
    const auto uses = [&](const std::vector<Tensor>& tensors) {
      return std::count_if(tensors.begin(), tensors.end(),
                           [&](Tensor t) { return t && find(root_of(t.id)) == old_block; });
    };
    if (uses(call.inputs) > 1 || uses(call.outputs) > 0) return;
    blocks_[old_block].last = blocks_[new_block].last;
    block_of_[new_block] = old_block;
  }

  // Largest first, each at the lowest offset that collides with nothing alive at the same time.
  std::size_t place_lowest() {
    std::vector<size_t> order;
    for (size_t id = 0; id < blocks_.size(); ++id)
      if (is_block(id)) order.push_back(id);
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return blocks_[a].bytes > blocks_[b].bytes; });
    std::vector<Block> placed;  // by offset
    std::size_t end = 0;
    for (size_t id : order) {
      Block& block = blocks_[id];
      const std::size_t bytes = aligned(block.bytes);
      for (const Block& other : placed)
        if (other.first <= block.last && block.first <= other.last &&
            block.offset + bytes > other.offset && block.offset < other.offset + other.bytes)
          block.offset = other.offset + aligned(other.bytes);
      placed.insert(
          std::upper_bound(placed.begin(), placed.end(), block,
                           [](const Block& a, const Block& b) { return a.offset < b.offset; }),
          block);
      end = std::max(end, block.offset + bytes);
    }
    return end;
  }

  std::size_t place_apart() {
    std::size_t end = 0;
    for (size_t id = 0; id < blocks_.size(); ++id) {
      if (!is_block(id)) continue;
      blocks_[id].offset = end;
      end += aligned(blocks_[id].bytes);
    }
    return end;
  }

  const Program& program_;
  std::vector<size_t> block_of_;  // the value whose block this one has taken over, else itself
  std::vector<Block> blocks_;     // by value id
};

}  // namespace

MemoryPlan plan_memory(const Program& program, bool share) { return Planner(program).run(share); }

}  // namespace engine
