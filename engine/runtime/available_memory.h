// How much memory this process may still take, asked before it takes it: a system that has run out
// ends processes without a word.
#pragma once

#include <cstddef>
#include <filesystem>

#include "engine/runtime/session.h"

namespace engine {

// Bytes: the least of what Linux counts as available (/proc/meminfo) and of what is left below each
// limit of the control groups this process is in, versions 1 and 2. File caches count as free. The
// largest number where the system does not say. `root` is where its files are.
std::size_t available_memory(const std::filesystem::path& root = "/");

// What a session of the program will take, with SessionOptions::parameters_of one of that program.
// Nothing is allocated.
MemoryUse memory_needed(const Program&, const Program* parameters_of = nullptr);

// A UsageError where that is more than `available`: what takes how much, and then `advice`.
void require_memory(const Program&, std::size_t available, const std::string& advice,
                    const Program* parameters_of = nullptr);

}  // namespace engine
