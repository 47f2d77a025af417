// Found in place of the toolkit's header of the same name: copies are made when they are waited for
// (copies.cpp).
#pragma once

#include "test/stand_in/stand_in.h"

inline void __pipeline_memcpy_async(void* to_shared, const void* from_global, size_t bytes) {
  stand_in::copy_later(to_shared, from_global, bytes);
}
inline void __pipeline_commit() { stand_in::commit_copies(); }
inline void __pipeline_wait_prior(size_t commits) { stand_in::wait_for_copies(commits); }
