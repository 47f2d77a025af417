// A stand-in for a GPU: runs a kernel's threads as fibers, one at a time, on one processor core.
#pragma once

#include <functional>
#include <optional>
#include <source_location>
#include <unordered_set>
#include <vector>

#include "test/stand_in/cuda_types.h"

namespace stand_in {

// Blocks, warps and lanes run in an order drawn from the seed. A kernel without races gives the
// same bits for every seed.
void seed(unsigned value);

// Of the GPU that is pretended; bounds what a cooperative launch can keep alive. 132 at first.
void set_multiprocessors(int count);
int multiprocessors();

// Calls `thread` once for every thread of the grid. Throws std::runtime_error with the places in
// the source where a GPU would hang or answer with nonsense. `function` is the kernel as
// cudaFuncSetAttribute knows it.
cudaError_t run(const cudaLaunchConfig_t& config, const void* function,
                const std::function<void()>& thread);

// What f launches, which is checked as ever and not run.
struct WrittenLaunch {
  const void* kernel;
  dim3 grid, block;
  size_t dynamic_shared_bytes;
  bool cooperative;
};
std::vector<WrittenLaunch> launches_of(const std::function<void()>& f);

// What a stream does: at once, or, while the stream is captured, whenever the graph is launched.
cudaError_t enqueue(std::function<cudaError_t()> work);
bool is_captured();
void call_host_functions();  // that streams have been given

// Memory that cudaMalloc() has given out and not taken back.
size_t allocated_bytes();
// While one lives, it gives out no more than that; else 80 GiB.
struct MemoryLimit {
  explicit MemoryLimit(size_t bytes);
  ~MemoryLimit();
};

// Who must come before anybody goes on; Finished: nobody will.
enum class Wait { Warp = 1, Block, Grid, Finished };

// A place in a kernel where threads wait for each other, and in a warp exchange values.
struct Meeting {
  Wait wait = Wait::Finished;
  const char* operation = "";
  std::source_location place = {};
  unsigned mask = ~0u;             // of the lanes that must come
  int source = -1;                 // the lane whose offer is taken home, or -1 for a ballot of all
  unsigned long long offered = 0;  // what this lane brings
  bool orders_memory = true;       // what was written before is known after
};
unsigned long long meet(const Meeting& meeting);

// The bytes that kernels launched by f read and write, besides their shared memory. Only the race
// finder knows.
struct Touched {
  std::unordered_set<const std::byte*> read, written;
};
std::optional<Touched> touched_by(const std::function<void()>& f);

// The running thread's asynchronous copies; a wait leaves the last so many commits under way.
void copy_later(void* to, const void* from, size_t bytes);
void commit_copies();
void wait_for_copies(size_t commits_under_way);

// For the race finder.
void touch_atomically(const void* address, size_t size);
void fence();

inline uint3 thread_index, block_index;  // of the thread that runs now
inline dim3 block_size, grid_size;
void* dynamic_shared();  // memory of the block that runs now

}  // namespace stand_in
