#include <chrono>
#include <mutex>

#include "kernels/base/cuda_check.cuh"
#include "kernels/base/cuda_timer.h"

namespace kernels {
namespace {

// What follows on the stream waits until the gate is opened, or for two seconds: where a debugger
// or CUDA_LAUNCH_BLOCKING=1 keeps the host at each launch, nobody would come to open it.
class Gate {
 public:
  explicit Gate(Cuda cuda) : cuda_(cuda) {
    const auto pass = [](void* mutex) {
      std::unique_lock waiting(*static_cast<std::timed_mutex*>(mutex), std::chrono::seconds(2));
    };
    CUDA_CHECK(cudaLaunchHostFunc(cuda.stream, pass, &mutex_));
  }
  ~Gate() {
    open();
    cudaStreamSynchronize(cuda_.stream);  // nobody is at the gate any more
  }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  void open() {
    if (closed_.owns_lock()) closed_.unlock();
  }

 private:
  Cuda cuda_;
  std::timed_mutex mutex_;
  std::unique_lock<std::timed_mutex> closed_{mutex_};
};

}  // namespace

void CudaTimer::Destroy::operator()(CUevent_st* event) const { cudaEventDestroy(event); }

CudaTimer::Event CudaTimer::make_event() {
  cudaEvent_t event = nullptr;
  CUDA_CHECK(cudaEventCreate(&event));
  return Event(event);
}

CudaTimer::CudaTimer(Cuda cuda) : cuda_(cuda) {}

double CudaTimer::seconds_of(const std::function<void()>& work) {
  Gate gate(cuda_);
  CUDA_CHECK(cudaEventRecord(start_.get(), cuda_.stream));
  work();
  CUDA_CHECK(cudaEventRecord(stop_.get(), cuda_.stream));
  gate.open();
  CUDA_CHECK(cudaEventSynchronize(stop_.get()));
  float milliseconds = 0;
  CUDA_CHECK(cudaEventElapsedTime(&milliseconds, start_.get(), stop_.get()));
  return static_cast<double>(milliseconds) * 1e-3;
}

}  // namespace kernels
