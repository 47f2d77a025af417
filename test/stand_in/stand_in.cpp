#include "test/stand_in/stand_in.h"

#include <link.h>

#include <bit>
#include <boost/context/protected_fixedsize_stack.hpp>
#include <random>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "test/stand_in/machine.h"

// AddressSanitizer must be told when the stack changes; absent from a program without it.
extern "C" {
[[gnu::weak]] void __sanitizer_start_switch_fiber(void** saved, const void* bottom, size_t size);
[[gnu::weak]] void __sanitizer_finish_switch_fiber(void* saved, std::byte** bottom, size_t* size);
[[gnu::weak]] void __asan_unpoison_memory_region(const volatile void* bottom, size_t size);
}

namespace stand_in {
namespace {

constexpr size_t kStackBytes = 64 * 1024;
constexpr size_t kMostThreads = 32'000;  // each needs two of the 65,530 maps that Linux gives
int multiprocessor_count = 132;

std::mt19937 random_number;
std::vector<Thread> all_threads;  // a pool, kept from launch to launch for the sake of its stacks
Stack scheduler;
const std::function<void()>* kernel = nullptr;
std::optional<std::vector<WrittenLaunch>> written;  // in place of being run
const Meeting finished;

// Visits 0, 1, ... count - 1 in an order drawn from the seed.
template <class Visit>
void in_some_order(size_t count, Visit visit) {
  const size_t last = std::bit_ceil(count) - 1, first = random_number(), step = random_number() | 1;
  for (size_t i = 0; i <= last; ++i)
    if (const size_t item = (first + i * step) & last; item < count) visit(item);
}

// Returns when somebody jumps back. Inlined: processors mispredict returns on another stack.
[[gnu::always_inline]] inline void jump(Stack& target) {
  void* saved = nullptr;
  if (__sanitizer_start_switch_fiber)
    __sanitizer_start_switch_fiber(&saved, target.bottom, target.size);
  target.position = boost::context::detail::jump_fcontext(target.position, nullptr).fctx;
  if (__sanitizer_finish_switch_fiber) __sanitizer_finish_switch_fiber(saved, nullptr, nullptr);
}

// Runs one thread after another; it never returns, since a fiber may not.
void fiber(boost::context::detail::transfer_t from) {
  scheduler.position = from.fctx;
  if (__sanitizer_finish_switch_fiber)
    __sanitizer_finish_switch_fiber(nullptr, &scheduler.bottom, &scheduler.size);
  for (;;) {
    (*kernel)();
    running->meeting = &finished;
    jump(scheduler);
  }
}

void start(Thread& thread) {
  Stack& stack = thread.stack;
  if (thread.meeting != &finished) {  // new, or left behind by a launch that failed
    if (!stack.bottom) {
      const auto memory = boost::context::protected_fixedsize_stack(kStackBytes).allocate();
      stack.bottom = static_cast<std::byte*>(memory.sp) - kStackBytes;
      stack.size = kStackBytes;
    }
    if (__asan_unpoison_memory_region) __asan_unpoison_memory_region(stack.bottom, stack.size);
    stack.position =
        boost::context::detail::make_fcontext(stack.bottom + stack.size, stack.size, fiber);
  }
  thread.meeting = nullptr;
  thread.copies.clear();
  thread.commits = 0;
}

void resume(Thread& thread) {
  running = &thread;
  thread_index = thread.index;
  block_index = thread.block;
  jump(thread.stack);
  running = nullptr;
}

// A meeting of a block is also one of its warps, and a meeting of the grid one of all blocks.
void release(Thread& thread) {
  const Wait wait = thread.meeting->orders_memory ? thread.meeting->wait : Wait{0};
  thread.meeting = nullptr;
  for (int i = 0; i < static_cast<int>(wait); ++i) thread.met[i] = now;
}

std::string describe(const Thread& thread) {
  const auto text = [](uint3 i) {
    return "(" + std::to_string(i.x) + "," + std::to_string(i.y) + "," + std::to_string(i.z) + ")";
  };
  const Meeting& m = *thread.meeting;
  std::ostringstream out;
  out << "thread " << text(thread.index) << " of block " << text(thread.block);
  if (m.wait == Wait::Finished)
    out << " has finished";
  else
    out << " waits in " << m.operation << " at " << m.place.file_name() << ":" << m.place.line();
  if (m.wait == Wait::Warp) out << " for lanes " << std::hex << m.mask;
  return out.str();
}

[[noreturn]] void diverged(const Thread& one, const Thread& other) {
  throw std::runtime_error("divergence: " + describe(one) + ", but " + describe(other));
}

bool same(const Meeting& a, const Meeting& b) {
  return a.wait == b.wait && a.mask == b.mask && a.place.line() == b.place.line() &&
         a.place.file_name() == b.place.file_name();
}

// True when all have come to one meeting and go on; false when they finished or wait for others.
bool all_meet(std::span<Thread> threads, Wait wait) {
  for (const Thread& thread : threads)
    if (!same(*thread.meeting, *threads[0].meeting)) diverged(threads[0], thread);
  if (threads[0].meeting->wait != wait) return false;
  ++now;
  for (Thread& thread : threads) release(thread);
  return true;
}

// True when some lanes have come to one meeting, exchanged values and go on.
bool lanes_meet(std::span<Thread> lanes) {
  const Thread *waiting = nullptr, *missing = nullptr;
  bool met = false;
  for (const Thread& lane : lanes) {
    if (!lane.meeting || lane.meeting->wait != Wait::Warp) continue;
    const Meeting& meeting = *lane.meeting;
    const auto comes = [&](size_t i) { return i < lanes.size() && (meeting.mask >> i & 1) != 0; };
    if (!comes(lane.number % kWarp))
      throw std::runtime_error(describe(lane) + ", and it is not one of them");
    const Thread* absent = nullptr;
    unsigned ballot = 0;
    for (size_t i = 0; i < lanes.size(); ++i) {
      if (!comes(i)) continue;
      if (!lanes[i].meeting || !same(*lanes[i].meeting, meeting))
        absent = &lanes[i];
      else if (lanes[i].meeting->offered)
        ballot |= 1u << i;
    }
    if (absent) {
      waiting = &lane;
      missing = absent;
      continue;
    }
    for (size_t i = 0; i < lanes.size(); ++i) {
      if (!comes(i)) continue;
      const int source = lanes[i].meeting->source;
      if (source >= 0 && !comes(static_cast<size_t>(source)))
        throw std::runtime_error(describe(lanes[i]) + " and reads absent lane " +
                                 std::to_string(source));
      lanes[i].received = source < 0 ? ballot : lanes[static_cast<size_t>(source)].meeting->offered;
    }
    ++now;
    const unsigned mask = meeting.mask;
    for (size_t i = 0; i < lanes.size(); ++i)
      if (mask >> i & 1) release(lanes[i]);
    met = true;
  }
  if (waiting && !met) diverged(*waiting, *missing);
  return met;
}

// Every __shared__ variable: the thread_local memory of the program or library this file is in.
std::span<std::byte> find_static_shared_memory() {
  static constinit thread_local std::byte inside{};
  std::span<std::byte> found;
  const auto look = [](dl_phdr_info* module, size_t, void* out) {
    auto* const begin = static_cast<std::byte*>(module->dlpi_tls_data);
    for (const auto& part : std::span(module->dlpi_phdr, module->dlpi_phnum))
      if (part.p_type == PT_TLS && begin <= &inside && &inside < begin + part.p_memsz)
        *static_cast<std::span<std::byte>*>(out) = {begin, part.p_memsz};
    return 0;
  };
  dl_iterate_phdr(look, &found);
  return found;
}

struct Block {
  std::span<Thread> threads;
  std::vector<std::byte> dynamic_memory, static_memory;

  Block(size_t number, std::span<Thread> own_threads, size_t dynamic_bytes)
      : threads(own_threads),
        dynamic_memory(dynamic_bytes, kPoison),
        static_memory(static_shared_memory.size(), kPoison) {
    const auto split = [](unsigned i, dim3 size) {
      return uint3{i % size.x, i / size.x % size.y, i / size.x / size.y};
    };
    for (unsigned i = 0; i < threads.size(); ++i) {
      threads[i].number = i;
      threads[i].block_number = static_cast<unsigned>(number);
      threads[i].index = split(i, block_size);
      threads[i].block = split(static_cast<unsigned>(number), grid_size);
      start(threads[i]);
    }
  }

  // One warp after another, each as far as it comes; until all finished or wait for the grid.
  void run() {
    std::copy(static_memory.begin(), static_memory.end(), static_shared_memory.begin());
    dynamic_shared_memory = dynamic_memory;
    do
      in_some_order((threads.size() + kWarp - 1) / kWarp, [&](size_t warp) {
        const size_t first = warp * kWarp;
        const auto lanes = threads.subspan(first, std::min<size_t>(kWarp, threads.size() - first));
        do
          in_some_order(lanes.size(), [&](size_t lane) {
            if (!lanes[lane].meeting) resume(lanes[lane]);
          });
        while (lanes_meet(lanes));
      });
    while (all_meet(threads, Wait::Block));
    std::copy(static_shared_memory.begin(), static_shared_memory.end(), static_memory.begin());
  }
};

}  // namespace

void seed(unsigned value) { random_number.seed(value); }
void set_multiprocessors(int count) { multiprocessor_count = count; }
int multiprocessors() { return multiprocessor_count; }
void* dynamic_shared() { return dynamic_shared_memory.data(); }

std::vector<WrittenLaunch> launches_of(const std::function<void()>& f) {
  written.emplace();
  f();
  return *std::exchange(written, std::nullopt);
}

unsigned long long meet(const Meeting& meeting) {
  running->meeting = &meeting;
  jump(scheduler);
  return running->received;
}

cudaError_t run(const cudaLaunchConfig_t& config, const void* function,
                const std::function<void()>& thread) {
  block_size = config.blockDim;
  grid_size = config.gridDim;
  kernel = &thread;
  const size_t blocks = size_t{1} * grid_size.x * grid_size.y * grid_size.z;
  const size_t threads = size_t{1} * block_size.x * block_size.y * block_size.z;
  const size_t dynamic_bytes = config.dynamicSmemBytes;
  bool cooperative = false;
  for (const auto& attribute : std::span(config.attrs, config.numAttrs))
    if (attribute.id == cudaLaunchAttributeCooperative) cooperative = attribute.val.cooperative;

  if (blocks == 0 || threads == 0 || threads > 1024 || grid_size.y > 65535 || grid_size.z > 65535)
    return cudaErrorInvalidConfiguration;
  if (dynamic_bytes > allowed_dynamic_shared(function)) return cudaErrorInvalidValue;
  const size_t at_once = std::min<size_t>(2048 / threads, 228 * 1024 / (dynamic_bytes + 1024));
  if (cooperative && blocks > static_cast<unsigned>(multiprocessor_count) * at_once)
    return cudaErrorCooperativeLaunchTooLarge;
  if (written) {
    written->push_back({function, grid_size, block_size, dynamic_bytes, cooperative});
    return cudaSuccess;
  }

  const size_t alive = threads * (cooperative ? blocks : 1);
  if (alive > kMostThreads) throw std::runtime_error("launch: too many threads alive at once");
  if (all_threads.size() < alive) all_threads.resize(alive);
  const std::span<Thread> pool(all_threads.data(), alive);
  static_shared_memory = find_static_shared_memory();
  forget_accesses();
  if (cooperative) {
    std::vector<Block> grid;
    for (size_t i = 0; i < blocks; ++i)
      grid.emplace_back(i, pool.subspan(i * threads, threads), dynamic_bytes);
    do in_some_order(blocks, [&](size_t i) { grid[i].run(); });
    while (all_meet(pool, Wait::Grid));
  } else {
    in_some_order(blocks, [&](size_t i) {
      Block(i, pool, dynamic_bytes).run();
      if (pool[0].meeting->wait == Wait::Grid)
        throw std::runtime_error(describe(pool[0]) + " in a launch that is not cooperative");
    });
  }
  if (!complaint.empty()) throw std::runtime_error(complaint);
  return cudaSuccess;
}

}  // namespace stand_in
