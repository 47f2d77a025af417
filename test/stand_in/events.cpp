// What a stream is to call on the host, which waits until the host waits for the stream; and
// events.
#include <chrono>
#include <utility>
#include <vector>

#include "test/stand_in/stand_in.h"

struct CUevent_st {
  std::chrono::steady_clock::time_point recorded;
};

namespace {

std::vector<std::pair<cudaHostFn_t, void*>> host_functions;

}  // namespace

namespace stand_in {

void call_host_functions() {
  for (const auto& [function, data] : std::exchange(host_functions, {})) function(data);
}

}  // namespace stand_in

cudaError_t cudaLaunchHostFunc(cudaStream_t, cudaHostFn_t function, void* data) {
  host_functions.emplace_back(function, data);
  return cudaSuccess;
}
cudaError_t cudaEventCreate(cudaEvent_t* event) {
  *event = new CUevent_st();
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t) {
  event->recorded = std::chrono::steady_clock::now();
  return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t) { return cudaStreamSynchronize(nullptr); }
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t stop) {
  *milliseconds =
      std::chrono::duration<float, std::milli>(stop->recorded - start->recorded).count();
  return cudaSuccess;
}
