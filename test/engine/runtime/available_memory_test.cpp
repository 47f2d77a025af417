// What memory there is and what a program needs, read from made-up system files.
#include "engine/runtime/available_memory.h"

#include <unistd.h>

#include <fstream>
#include <limits>

#include "engine/layers/layers.h"
#include "engine/ops/sgd.h"
#include "kernels/sgd/sgd.h"
#include "test/support/catch.h"
#include "test/support/contains.h"
#include "test/support/weighted_sum.h"

namespace {

namespace fs = std::filesystem;
using engine::available_memory;
using test_support::contains;

constexpr std::size_t kMebibyte = 1 << 20;

// A folder that takes the place of /.
class Root {
 public:
  Root() : path_(fs::temp_directory_path() / ("auxtrain_root." + std::to_string(::getpid()))) {
    fs::remove_all(path_);
    write("proc/meminfo",
          "MemTotal:        8192000 kB\nMemFree:           1024 kB\nMemAvailable:    4194304 kB\n");
  }
  ~Root() { fs::remove_all(path_); }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;

  void write(const char* name, const std::string& text) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
  }
  std::size_t mebibytes() const { return available_memory(path_) / kMebibyte; }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

}  // namespace

TEST_CASE("available memory is what the system counts as available", "[memory]") {
  const Root root;
  CHECK(root.mebibytes() == 4096);
  fs::remove(root.path() / "proc/meminfo");
  CHECK(available_memory(root.path()) == std::numeric_limits<std::size_t>::max());
  CHECK(available_memory() > kMebibyte);  // of this machine
}

TEST_CASE("available memory is what control groups leave", "[memory]") {
  const Root root;
  SECTION("version 2: the least of a group and those around it") {
    root.write("proc/self/cgroup", "0::/user/job\n");
    root.write("sys/fs/cgroup/user/job/memory.max", "max\n");
    root.write("sys/fs/cgroup/user/job/memory.current", "1048576\n");
    CHECK(root.mebibytes() == 4096);
    root.write("sys/fs/cgroup/user/memory.max", "1073741824\n");
    root.write("sys/fs/cgroup/user/memory.current", "419430400\n");
    CHECK(root.mebibytes() == 1024 - 400);
    // Caches of files are given back when they are needed.
    root.write("sys/fs/cgroup/user/memory.stat", "anon 1\ninactive_file 104857600\n");
    CHECK(root.mebibytes() == 1024 - 300);
  }
  SECTION("version 2, in a container that sees its own group as the outermost") {
    root.write("proc/self/cgroup", "0::/\n");
    root.write("sys/fs/cgroup/memory.max", "2147483648\n");
    root.write("sys/fs/cgroup/memory.current", "0\n");
    CHECK(root.mebibytes() == 2048);
  }
  SECTION("version 1, by a path that only the host has") {
    root.write("proc/self/cgroup", "5:cpu:/x\n4:blkio,memory:/docker/abc\n");
    root.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "1073741824\n");
    root.write("sys/fs/cgroup/memory/memory.usage_in_bytes", "524288000\n");
    root.write("sys/fs/cgroup/memory/memory.stat", "inactive_file 1\ntotal_inactive_file 0\n");
    CHECK(root.mebibytes() == 1024 - 500);
  }
  SECTION("nothing is left where more than the limit is used") {
    root.write("proc/self/cgroup", "0::/\n");
    root.write("sys/fs/cgroup/memory.max", "1000\n");
    root.write("sys/fs/cgroup/memory.current", "2000\n");
    CHECK(available_memory(root.path()) == 0);
  }
}

TEST_CASE("what a session takes is known before it is made", "[memory]") {
  kernels::ThreadPool pool(1);
  engine::Program program({.device = kernels::Cpu{&pool}});
  const engine::Tensor x = program.input("x", {1, 2, 4, 4, 2}, engine::Type::Float, 2);
  engine::Tensor y = engine::convolution_layer(program, "conv", x, {.channels = 3, .kernel = 3});
  y = engine::batch_norm_layer(program, "bn", y, {.relu = true});
  program.backward({test::weighted_sum(program, y, 1).loss});
  engine::sgd(program, program.input("knobs", {kernels::kSgdKnobs}));

  const engine::MemoryUse needed = engine::memory_needed(program);
  const engine::Session session(program);
  const engine::MemoryUse& taken = session.memory();
  for (const auto member :
       {&engine::MemoryUse::parameters, &engine::MemoryUse::gradients, &engine::MemoryUse::momentum,
        &engine::MemoryUse::states, &engine::MemoryUse::inputs, &engine::MemoryUse::arena}) {
    CHECK(needed.*member == taken.*member);
    CHECK(needed.*member > 0);
  }
  CHECK_NOTHROW(engine::require_memory(program, needed.total(), ""));
  CHECK_THROWS_AS(engine::require_memory(program, needed.total() - 1, ""), kernels::UsageError);
  CHECK_THROWS_WITH(engine::require_memory(program, 100, "try less"),
                    contains("needs 1 MiB") && contains("only 0 MiB") && contains("; try less"));
}
