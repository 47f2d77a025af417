// Finds races: two threads touch a byte, one of them writes, and no meeting orders them. g++
// -fsanitize=thread makes a .cu file report its accesses to the functions at the end; its own
// library, which does not know what orders a kernel's threads, is not linked.
#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <optional>
#include <sstream>
#include <unordered_map>
#include <vector>

#include "test/stand_in/machine.h"

namespace stand_in {
namespace {

struct Access {
  const void* code = nullptr;
  unsigned long time = 0;
  unsigned thread = 0, block = 0;
  bool write = false, atomic = false;
};

bool watching = false;
std::unordered_map<const std::byte*, std::array<Access, 3>> history;  // a write and two readers
std::map<unsigned, std::vector<unsigned long>> fences;                // of each block, in time
std::optional<Touched> account;  // of what touched_by() was asked for

bool contains(std::span<const std::byte> memory, const std::byte* address) {
  return memory.data() <= address && address < memory.data() + memory.size();
}

// Does the running thread know all that `before` did?
bool ordered(const Access& before) {
  if (before.block == running->block_number) {
    if (before.thread == running->number) return true;
    const bool same_warp = before.thread / kWarp == running->number / kWarp;
    return before.time < running->met[same_warp ? 0 : 1];
  }
  if (before.time < running->met[2]) return true;
  const auto &theirs = fences[before.block], &ours = fences[running->block_number];
  const auto next = std::upper_bound(theirs.begin(), theirs.end(), before.time);
  return next != theirs.end() && !ours.empty() && *next < ours.back();
}

// File and line of the instruction before `code`, by a tool that comes with the compiler.
std::string place(const void* code) {
  Dl_info module{};
  dladdr(code, &module);
  std::ostringstream question;
  question << "addr2line -s -e " << module.dli_fname << " " << std::hex
           << static_cast<const char*>(code) - static_cast<char*>(module.dli_fbase) - 1;
  char answer[256] = "?";
  if (FILE* pipe = popen(question.str().c_str(), "r")) {
    if (std::fscanf(pipe, "%255s", answer) != 1) answer[0] = '?';
    pclose(pipe);
  }
  return answer;
}

void report(const Access& access, const Access& before) {
  std::ostringstream out;
  out << "race: thread " << access.thread << " of block " << access.block
      << (access.write ? " writes at " : " reads at ") << place(access.code) << " what thread "
      << before.thread << " of block " << before.block
      << (before.write ? " wrote at " : " read at ") << place(before.code)
      << ", and nothing orders them";
  complaint = out.str();
}

}  // namespace

void touch(const void* memory, size_t size, bool write, bool atomic, const void* code) {
  const auto* const address = static_cast<const std::byte*>(memory);
  if (!watching || !running || !complaint.empty() ||
      contains({running->stack.bottom, running->stack.size}, address))
    return;
  const bool shared =
      contains(static_shared_memory, address) || contains(dynamic_shared_memory, address);
  const Access access{code, now, running->number, running->block_number, write, atomic};
  for (size_t i = 0; i < size; ++i) {
    if (account && !shared) (write ? account->written : account->read).insert(address + i);
    auto& [last_write, reader, other_reader] = history[address + i];
    for (const Access& before : {last_write, reader, other_reader}) {
      if (!before.code || (!write && !before.write) || (atomic && before.atomic)) continue;
      if ((shared && before.block != access.block) || ordered(before)) continue;
      return report(access, before);
    }
    if (write) {
      last_write = access;
    } else {
      if (reader.thread != access.thread || reader.block != access.block) other_reader = reader;
      reader = access;
    }
  }
}

void forget_accesses() {
  history.clear();
  fences.clear();
  complaint.clear();
}
std::optional<Touched> touched_by(const std::function<void()>& f) {
  if (watching) account.emplace();
  f();
  return std::exchange(account, std::nullopt);
}
void touch_atomically(const void* address, size_t size) {
  touch(address, size, true, true, __builtin_return_address(0));
}
void fence() {
  if (watching) fences[running->block_number].push_back(++now);
  ++now;
}

}  // namespace stand_in

extern "C" {
using stand_in::touch;
void __tsan_init() { stand_in::watching = true; }
void __tsan_read1(void* p) { touch(p, 1, false, false, __builtin_return_address(0)); }
void __tsan_read2(void* p) { touch(p, 2, false, false, __builtin_return_address(0)); }
void __tsan_read4(void* p) { touch(p, 4, false, false, __builtin_return_address(0)); }
void __tsan_read8(void* p) { touch(p, 8, false, false, __builtin_return_address(0)); }
void __tsan_read16(void* p) { touch(p, 16, false, false, __builtin_return_address(0)); }
void __tsan_write1(void* p) { touch(p, 1, true, false, __builtin_return_address(0)); }
void __tsan_write2(void* p) { touch(p, 2, true, false, __builtin_return_address(0)); }
void __tsan_write4(void* p) { touch(p, 4, true, false, __builtin_return_address(0)); }
void __tsan_write8(void* p) { touch(p, 8, true, false, __builtin_return_address(0)); }
void __tsan_write16(void* p) { touch(p, 16, true, false, __builtin_return_address(0)); }
void __tsan_unaligned_read2(void* p) { touch(p, 2, false, false, __builtin_return_address(0)); }
void __tsan_unaligned_read4(void* p) { touch(p, 4, false, false, __builtin_return_address(0)); }
void __tsan_unaligned_read8(void* p) { touch(p, 8, false, false, __builtin_return_address(0)); }
void __tsan_unaligned_read16(void* p) { touch(p, 16, false, false, __builtin_return_address(0)); }
void __tsan_unaligned_write2(void* p) { touch(p, 2, true, false, __builtin_return_address(0)); }
void __tsan_unaligned_write4(void* p) { touch(p, 4, true, false, __builtin_return_address(0)); }
void __tsan_unaligned_write8(void* p) { touch(p, 8, true, false, __builtin_return_address(0)); }
void __tsan_unaligned_write16(void* p) { touch(p, 16, true, false, __builtin_return_address(0)); }
void __tsan_vptr_update(void**, void*) {}  // of host code
void __tsan_vptr_read(void**) {}
void __tsan_read_range(void* p, unsigned long bytes) {
  touch(p, bytes, false, false, __builtin_return_address(0));
}
void __tsan_write_range(void* p, unsigned long bytes) {
  touch(p, bytes, true, false, __builtin_return_address(0));
}
}
