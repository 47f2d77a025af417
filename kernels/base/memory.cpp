#include "kernels/base/memory.h"

#include <sys/mman.h>

#include <cstdlib>

#include "kernels/base/check.h"

namespace kernels {

void Memory::Free::operator()(void* block) const { std::free(block); }

Memory::Memory(std::size_t bytes) {
  constexpr std::size_t kHugePage = std::size_t{2} << 20;
  const bool large = bytes >= kHugePage;
  const std::size_t alignment = large ? kHugePage : kAlignment;
  std::size_t space = bytes + alignment;
  void* start = std::calloc(space, 1);
  CHECK(start, "out of memory: ", bytes >> 20, " MiB were asked for");
  block_.reset(start);
  aligned_ = static_cast<std::byte*>(std::align(alignment, bytes, start, space));
  if (large)
    madvise(aligned_, bytes, MADV_HUGEPAGE);  // advice: where it is not taken, it is slower
}

}  // namespace kernels
