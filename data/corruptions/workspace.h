// Memory of one thread for the arrays of one image.
#pragma once

#include <algorithm>
#include <memory>
#include <type_traits>
#include <vector>

#include "kernels/base/memory.h"

namespace data::corruptions {

class Workspace {
 public:
  // An array that lives until clear(), its elements not set.
  template <class T>
  T* array(long count) {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
    T* const first = reinterpret_cast<T*>(take(static_cast<std::size_t>(count) * sizeof(T)));
    std::uninitialized_default_construct_n(first, count);
    return first;
  }

  // All arrays are gone. After an image, the next of its kind and size allocates nothing.
  void clear() {
    if (blocks_.size() > 1) {  // from now on, one block that holds them all
      blocks_.clear();
      add_block(total_);
    }
    used_ = 0;
  }

 private:
  struct Block {
    kernels::Memory memory;
    std::size_t size;
  };

  std::byte* take(std::size_t bytes) {
    const std::size_t rounded = (bytes + kernels::Memory::kAlignment - 1) /
                                kernels::Memory::kAlignment * kernels::Memory::kAlignment;
    if (blocks_.empty() || blocks_.back().size - used_ < rounded) {
      add_block(std::max(rounded, total_));
      used_ = 0;
    }
    std::byte* const first = blocks_.back().memory.get() + used_;
    used_ += rounded;
    return first;
  }

  void add_block(std::size_t size) {
    if (blocks_.empty()) total_ = 0;
    blocks_.push_back({kernels::Memory(size), size});
    total_ += size;
  }

  std::vector<Block> blocks_;
  std::size_t used_ = 0;   // of the last block
  std::size_t total_ = 0;  // of all blocks
};

}  // namespace data::corruptions
