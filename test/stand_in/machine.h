// What the scheduler and the race finder share; kernels do not see it.
#pragma once

#include <boost/context/detail/fcontext.hpp>
#include <span>
#include <string>

#include "test/stand_in/stand_in.h"

namespace stand_in {

inline constexpr unsigned kWarp = 32;

struct Stack {
  boost::context::detail::fcontext_t position = nullptr;
  std::byte* bottom = nullptr;
  size_t size = 0;
};

struct Thread {
  Stack stack;
  unsigned number = 0, block_number = 0;  // of the thread in its block, of the block in its grid
  uint3 index, block;
  const Meeting* meeting = nullptr;  // where it waits, if it does; on its own stack
  unsigned long long received = 0;
  unsigned long met[3] = {};  // when this thread last left a meeting of its warp, block, grid
};

inline Thread* running = nullptr;  // null while the scheduler or the host runs
inline unsigned long now = 0;      // counts meetings and fences
inline std::span<std::byte> static_shared_memory, dynamic_shared_memory;  // of the running block

void forget_accesses();   // a launch orders all that came before it
inline std::string race;  // the first since then

}  // namespace stand_in
