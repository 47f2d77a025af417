// A block of memory, zero at first. A large one comes from the system, which clears a page when it
// is first touched, and in huge pages: nothing is written twice, and addresses are found quickly.
#pragma once

#include <cstddef>
#include <memory>

namespace kernels {

class Memory {
 public:
  static constexpr std::size_t kAlignment = 64;

  Memory() = default;
  explicit Memory(std::size_t bytes);  // an Error where there are not as many
  std::byte* get() const { return aligned_; }

 private:
  struct Free {
    void operator()(void*) const;
  };
  std::unique_ptr<void, Free> block_;
  std::byte* aligned_ = nullptr;
};

}  // namespace kernels
