// What the scheduler, its copies and the race finder share; kernels do not see it.
#pragma once

#include <boost/context/detail/fcontext.hpp>
#include <span>
#include <string>
#include <vector>

#include "test/stand_in/stand_in.h"

namespace stand_in {

inline constexpr unsigned kWarp = 32;
// Makes a NaN of every float and bfloat16, -1 of every integer.
inline constexpr std::byte kPoison{0xff};

struct Stack {
  boost::context::detail::fcontext_t position = nullptr;
  std::byte* bottom = nullptr;
  size_t size = 0;
};

// An asynchronous copy on its way, and how many commits its thread had made before.
struct Copy {
  void* to;
  const void* from;
  size_t bytes, commits;
};

struct Thread {
  Stack stack;
  unsigned number = 0, block_number = 0;  // of the thread in its block, of the block in its grid
  uint3 index, block;
  const Meeting* meeting = nullptr;  // where it waits, if it does; on its own stack
  unsigned long long received = 0;
  unsigned long met[3] = {};  // when this thread last left a meeting of its warp, block, grid
  std::vector<Copy> copies;   // in the order in which they were asked for
  size_t commits = 0;
};

inline Thread* running = nullptr;  // null while the scheduler or the host runs
inline unsigned long now = 0;      // counts meetings and fences
inline std::span<std::byte> static_shared_memory, dynamic_shared_memory;  // of the running block

size_t allowed_dynamic_shared(const void* kernel);  // bytes

void forget_accesses();  // a launch orders all that came before it
// An access of the running thread, by the instruction before `code`.
void touch(const void* memory, size_t size, bool write, bool atomic, const void* code);
inline std::string complaint;  // the first since then: a race, or a copy that no GPU makes

}  // namespace stand_in
