#include "engine/runtime/available_memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>

#include "engine/runtime/shared_values.h"

namespace engine {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

// The number behind a word at the start of a line: "MemAvailable:   22400544 kB".
std::optional<std::size_t> number_behind(const fs::path& path, const std::string& word) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream text(line);
    std::string first;
    std::size_t number = 0;
    if (text >> first >> number && first == word) return number;
  }
  return {};
}

// A file that is one number. "max", for no limit, is none.
std::optional<std::size_t> number_in(const fs::path& path) {
  std::ifstream file(path);
  std::size_t number = 0;
  if (file >> number) return number;
  return {};
}

// How the two versions of control groups name the same things.
struct Names {
  const char *limit, *used, *cache;
};

std::size_t left_in_group(const fs::path& group, const Names& names) {
  const auto limit = number_in(group / names.limit), used = number_in(group / names.used);
  if (!limit || !used) return kUnlimited;
  const std::size_t cache = number_behind(group / "memory.stat", names.cache).value_or(0);
  const std::size_t taken = *used - std::min(cache, *used);
  return *limit - std::min(taken, *limit);
}

// The least that is left in a group and those around it. In a container the path may be one that
// only the host has; the outermost folder is then the container's own.
std::size_t left_in_groups(const fs::path& top, const std::string& path, const Names& names) {
  fs::path group = path == "/" ? "" : path.substr(1);
  std::size_t left = left_in_group(top, names);
  for (; !group.empty(); group = group.parent_path())
    left = std::min(left, left_in_group(top / group, names));
  return left;
}

}  // namespace

std::size_t available_memory(const fs::path& root) {
  std::size_t left = kUnlimited;
  if (const auto kibibytes = number_behind(root / "proc/meminfo", "MemAvailable:"))
    left = *kibibytes << 10;
  const fs::path groups = root / "sys/fs/cgroup";
  std::ifstream own(root / "proc/self/cgroup");
  for (std::string line; std::getline(own, line);) {  // "4:memory,cpu:/a/b", or "0::/a/b"
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos || line.size() < second + 2) continue;
    const std::string kinds = kernels::text(",", line.substr(first + 1, second - first - 1), ",");
    const std::string path = line.substr(second + 1);
    if (kinds == ",,")
      left = std::min(
          left, left_in_groups(groups, path, {"memory.max", "memory.current", "inactive_file"}));
    if (kinds.find(",memory,") != std::string::npos)
      left = std::min(left, left_in_groups(groups / "memory", path,
                                           {"memory.limit_in_bytes", "memory.usage_in_bytes",
                                            "total_inactive_file"}));
  }
  return left;
}

MemoryUse memory_needed(const Program& program, const Program* parameters_of) {
  MemoryUse use;
  const std::vector<Tensor> shared = shared_values(program, parameters_of);
  for (std::size_t id = 0; id < shared.size(); ++id) {
    const Value& value = program.values()[id];
    if (value.alias_of >= 0 || value.whole || shared[id]) continue;
    const std::size_t bytes = aligned(value.bytes()) * static_cast<std::size_t>(value.slots);
    switch (value.role) {
      case Role::Parameter:
        use.parameters += bytes;
        break;
      case Role::State:
        use.states += bytes;
        break;
      case Role::Result:
        use.results += bytes;
        break;
      case Role::Input:
        use.inputs += bytes;
        break;
      case Role::Gradient:
        use.gradients += bytes;
        break;
      case Role::Momentum:
        use.momentum += bytes;
        break;
      case Role::Activation:
        break;
    }
  }
  use.arena = plan_memory(program).arena_bytes;
  return use;
}

void require_memory(const Program& program, std::size_t available, const std::string& advice,
                    const Program* parameters_of) {
  const MemoryUse use = memory_needed(program, parameters_of);
  if (use.total() <= available) return;
  const auto mebibytes = [](std::size_t bytes) { return (bytes + (1 << 20) - 1) >> 20; };
  throw kernels::UsageError(
      kernels::text("this needs ", mebibytes(use.total()), " MiB of memory (activations ",
                    mebibytes(use.arena), ", weights with gradients and momentum ",
                    mebibytes(use.parameters + use.gradients + use.momentum), ", the rest ",
                    mebibytes(use.states + use.results + use.inputs), "), but only ",
                    available >> 20, " MiB are available; ", advice));
}

}  // namespace engine
