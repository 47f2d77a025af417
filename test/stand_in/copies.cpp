// Asynchronous copies as late as a GPU may make them: when their thread waits for them. What it
// reads before is poison, and what it writes to their source before is what arrives.
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "test/stand_in/machine.h"

namespace stand_in {
namespace {

// A GPU reads and writes at some time between the call and the wait, so races are looked for at
// both.
void touch_both(const Copy& copy, const void* code) {
  touch(copy.from, copy.bytes, false, false, code);
  touch(copy.to, copy.bytes, true, false, code);
}

bool is_possible(const Copy& copy) {
  const auto multiple = [&](const void* address) {
    return reinterpret_cast<std::uintptr_t>(address) % copy.bytes == 0;
  };
  return (copy.bytes == 4 || copy.bytes == 8 || copy.bytes == 16) && multiple(copy.from) &&
         multiple(copy.to);
}

}  // namespace

void copy_later(void* to, const void* from, size_t bytes) {
  const Copy copy{to, from, bytes, running->commits};
  if (!is_possible(copy) && complaint.empty())
    complaint = "asynchronous copy: expected 4, 8 or 16 bytes, from and to multiples of them";
  touch_both(copy, __builtin_return_address(0));
  std::memset(to, static_cast<int>(kPoison), bytes);
  running->copies.push_back(copy);
}

void commit_copies() { ++running->commits; }

void wait_for_copies(size_t commits_under_way) {
  auto& copies = running->copies;
  const auto end = std::find_if(copies.begin(), copies.end(), [&](const Copy& copy) {
    return copy.commits + commits_under_way >= running->commits;
  });
  for (auto copy = copies.begin(); copy != end; ++copy) {
    touch_both(*copy, __builtin_return_address(0));
    std::memcpy(copy->to, copy->from, copy->bytes);
  }
  copies.erase(copies.begin(), end);
}

}  // namespace stand_in
