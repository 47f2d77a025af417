// Threads that share the tasks of one kernel at a time.
//
// How work is cut into tasks depends on its size only, never on the number of threads: results are
// then the same, bit for bit, for any number of threads. Tasks are claimed one by one, so a thread
// that is slowed down by a busy neighbour simply claims fewer.
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace kernels {

class ThreadPool {
 public:
  explicit ThreadPool(int threads);  // the caller of run() is one of them
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Runs task(index, worker) once for every index in [0, count), worker in [0, threads()), and
  // returns when all have ended. The first exception of a task is thrown here. One run at a time;
  // no allocation.
  template <class Task>
  void run(int count, const Task& task) {
    run(count, &task, [](const void* known, int index, int worker) {
      (*static_cast<const Task*>(known))(index, worker);
    });
  }

 private:
  using Call = void (*)(const void* task, int index, int worker);
  void run(int count, const void* task, Call call);
  void claim_tasks(int worker);
  void work(int worker);
  void stop();

  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable started_, finished_;
  const bool looks_;                 // before it sleeps: where each thread has a processor
  std::atomic<long> generation_{0};  // of run(); a worker waits for the next one
  std::atomic<int> busy_{0};         // workers that take part in the current run
  bool open_ = false;                // workers may still begin to
  std::atomic<bool> stopping_{false};

  const void* task_ = nullptr;
  Call call_ = nullptr;
  int count_ = 0;
  std::atomic<int> next_{0};
  std::exception_ptr failure_;
};

// Part `index` of `parts` of the items [0, size), as equal as whole items allow.
struct Range {
  long begin, end;
};
inline Range part_of(long size, int parts, int index) {
  return {size * index / parts, size * (index + 1) / parts};
}

// The number of parts for a memory-bound kernel over `size` items: enough to share among threads,
// none so small that starting it costs more than doing it.
inline int parts_for(long size, long least_items = 16384, int most_parts = 64) {
  const long parts = size / least_items;
  return static_cast<int>(parts < 1 ? 1 : parts > most_parts ? most_parts : parts);
}

// The processors that this process may use, at least 1.
int available_processors();

}  // namespace kernels
