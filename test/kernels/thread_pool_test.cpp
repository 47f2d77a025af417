#include "kernels/base/thread_pool.h"

#include <chrono>
#include <stdexcept>

#include "kernels/base/check.h"
#include "test/support/catch.h"

using kernels::part_of;
using kernels::parts_for;
using kernels::Range;
using kernels::ThreadPool;

TEST_CASE("a pool runs every task once", "[thread_pool]") {
  ThreadPool pool(GENERATE(1, 2, 3, 8));
  for (const int count : {0, 1, 2, 7, 1000}) {
    std::vector<int> runs(static_cast<size_t>(count));  // neighbours are written by several threads
    std::vector<long> by_worker(static_cast<size_t>(pool.threads()));
    pool.run(count, [&](int index, int worker) {
      ++runs.at(static_cast<size_t>(index));
      ++by_worker.at(static_cast<size_t>(worker));
    });
    REQUIRE(runs == std::vector<int>(static_cast<size_t>(count), 1));
    long sum = 0;
    for (const long tasks : by_worker) sum += tasks;
    REQUIRE(sum == count);
  }
}

TEST_CASE("a pool can run again and again", "[thread_pool]") {
  ThreadPool pool(3);
  std::atomic<long> sum{0};
  for (int run = 0; run < 2000; ++run) pool.run(4, [&](int index, int) { sum += index; });
  REQUIRE(sum == 2000 * 6);
}

// Each task waits until the others have started, which one thread alone could not bring about.
// Then all but the caller's take their time.
TEST_CASE("tasks of a pool run at the same time, and have ended when run returns",
          "[thread_pool]") {
  constexpr int kThreads = 3;
  ThreadPool pool(kThreads);
  std::atomic<int> started{0}, ended{0};
  std::atomic<bool> together{true};
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  pool.run(kThreads, [&](int, int worker) {
    ++started;
    while (started < kThreads) {
      if (std::chrono::steady_clock::now() > deadline) {
        together = false;
        return;
      }
      std::this_thread::yield();
    }
    if (worker > 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    ++ended;
  });
  REQUIRE(together);
  REQUIRE(ended == kThreads);
}

TEST_CASE("a task's exception reaches the caller, and the pool lives on", "[thread_pool]") {
  ThreadPool pool(GENERATE(1, 3));
  std::atomic<int> runs{0};
  const auto fail = [&](int index, int) {
    ++runs;
    if (index == 3) throw std::runtime_error("task 3");
  };
  constexpr int kRuns = 50, kTasks = 100000;
  for (int run = 0; run < kRuns; ++run) REQUIRE_THROWS_WITH(pool.run(kTasks, fail), "task 3");
  REQUIRE(runs < kRuns * kTasks);  // what had not started when it was thrown never does
  runs = 0;
  pool.run(100, [&](int, int) { ++runs; });
  REQUIRE(runs == 100);
}

TEST_CASE("a pool has at least the thread that calls it", "[thread_pool]") {
  REQUIRE_THROWS_AS(ThreadPool(0), kernels::Error);
  REQUIRE_THROWS_AS(ThreadPool(-1), kernels::Error);
  REQUIRE(ThreadPool(1).threads() == 1);
  REQUIRE(ThreadPool(4).threads() == 4);
  REQUIRE(kernels::available_processors() >= 1);
}

TEST_CASE("parts cover all items once and are as equal as whole items allow", "[thread_pool]") {
  for (const long size : {0L, 1L, 5L, 64L, 1000003L, 3000000000L})
    for (const int parts : {1, 2, 3, 7, 64}) {
      long end = 0;
      for (int index = 0; index < parts; ++index) {
        const Range range = part_of(size, parts, index);
        REQUIRE(range.begin == end);
        end = range.end;
        const long items = range.end - range.begin;
        REQUIRE((items == size / parts || items == (size + parts - 1) / parts));
      }
      REQUIRE(end == size);
    }
}

TEST_CASE("small work is not cut, large work not into too many parts", "[thread_pool]") {
  REQUIRE(parts_for(0) == 1);
  REQUIRE(parts_for(2 * 16384 - 1) == 1);
  REQUIRE(parts_for(2 * 16384) == 2);
  REQUIRE(parts_for(1L << 40) == 64);
  REQUIRE(parts_for(100, 10, 8) == 8);
}
