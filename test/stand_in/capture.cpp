// Streams that are captured, and graphs.
#include <optional>
#include <utility>
#include <vector>

#include "test/stand_in/stand_in.h"

namespace stand_in {
namespace {

using Work = std::vector<std::function<cudaError_t()>>;
std::optional<Work> captured;  // while a stream is

}  // namespace

bool is_captured() { return captured.has_value(); }

cudaError_t enqueue(std::function<cudaError_t()> work) {
  if (!captured) return work();
  captured->push_back(std::move(work));
  return cudaSuccess;
}

}  // namespace stand_in

struct CUgraph_st {
  stand_in::Work work;
};
struct CUgraphExec_st {
  stand_in::Work work;
};

cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode) {
  if (stand_in::captured) return cudaErrorStreamCaptureUnsupported;
  stand_in::captured.emplace();
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t* graph) {
  *graph = new CUgraph_st{*std::exchange(stand_in::captured, {})};
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* ready, cudaGraph_t graph, unsigned long long) {
  *ready = new CUgraphExec_st{graph->work};
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t) {
  for (const auto& work : graph->work)
    if (const cudaError_t error = work(); error != cudaSuccess) return error;
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) {
  delete graph;
  return cudaSuccess;
}
