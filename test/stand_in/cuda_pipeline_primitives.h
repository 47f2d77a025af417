// Found in place of the toolkit's header of the same name. An asynchronous copy is done at once, so
// a kernel that does not wait for it is not found out; one that copies over what it still needs, or
// past an edge, is.
#pragma once

#include <cstring>

[[gnu::always_inline]] inline void __pipeline_memcpy_async(void* to_shared, const void* from_global,
                                                           size_t bytes) {
  std::memcpy(to_shared, from_global, bytes);
}
inline void __pipeline_commit() {}
inline void __pipeline_wait_prior(size_t) {}
