#include "kernels/base/thread_pool.h"

#include <omp.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "kernels/base/check.h"

namespace kernels {
namespace {

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// Whether it comes true while we look: a thread takes as long to fall asleep and wake up again.
template <class Condition>
bool comes_soon(const Condition& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(50);
  do {
    for (int look = 0; look < 16; ++look) {
      if (condition()) return true;
      pause();
    }
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

}  // namespace

ThreadPool::ThreadPool(int threads) : looks_(threads <= available_processors()) {
  CHECK(threads >= 1, "threads: must be at least 1, got ", threads);
  omp_set_num_threads(1);  // oneDNN must not start OpenMP threads of its own below ours
  try {
    for (int worker = 1; worker < threads; ++worker)
      workers_.emplace_back([this, worker] { work(worker); });
  } catch (const std::system_error& error) {
    stop();
    throw Error(text("threads: ", threads, " cannot be started: ", error.what()));
  }
}

ThreadPool::~ThreadPool() { stop(); }

void ThreadPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  started_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::run(int count, const void* task, Call call) {
  if (count <= 0) return;
  if (workers_.empty() || count == 1) {
    for (int index = 0; index < count; ++index) call(task, index, 0);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    task_ = task;
    call_ = call;
    count_ = count;
    next_.store(0, std::memory_order_relaxed);
    failure_ = nullptr;
    open_ = true;
    ++generation_;
  }
  started_.notify_all();
  claim_tasks(0);
  {
    const std::lock_guard lock(mutex_);
    open_ = false;  // a worker that only wakes up now is not waited for
  }
  if (looks_) comes_soon([this] { return busy_ == 0; });
  std::unique_lock lock(mutex_);
  finished_.wait(lock, [this] { return busy_ == 0; });
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void ThreadPool::claim_tasks(int worker) {
  try {
    for (int index; (index = next_.fetch_add(1, std::memory_order_relaxed)) < count_;)
      call_(task_, index, worker);
  } catch (...) {
    next_.store(count_, std::memory_order_relaxed);  // nobody needs to start what is left
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::current_exception();
  }
}

void ThreadPool::work(int worker) {
  omp_set_num_threads(1);
  long seen = 0;
  for (;;) {
    if (looks_) comes_soon([&] { return stopping_ || generation_ != seen; });
    {
      std::unique_lock lock(mutex_);
      started_.wait(lock, [&] { return stopping_ || generation_ != seen; });
      if (stopping_) return;
      seen = generation_;
      if (!open_) continue;
      ++busy_;
    }
    claim_tasks(worker);
    const std::lock_guard lock(mutex_);
    if (--busy_ == 0) finished_.notify_one();
  }
}

int available_processors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

}  // namespace kernels
