#include "kernels/base/cuda_check.cuh"
#include "kernels/base/cuda_graph.h"

namespace kernels {
namespace {

struct Graph {
  ~Graph() {
    if (graph) cudaGraphDestroy(graph);
  }
  cudaGraph_t graph = nullptr;
};

}  // namespace

void CudaGraph::Destroy::operator()(CUgraphExec_st* graph) const { cudaGraphExecDestroy(graph); }

CudaGraph::CudaGraph(Cuda cuda, const std::function<void()>& work) {
  Graph written;
  CUDA_CHECK(cudaStreamBeginCapture(cuda.stream, cudaStreamCaptureModeThreadLocal));
  try {
    work();
  } catch (...) {
    cudaStreamEndCapture(cuda.stream, &written.graph);
    throw;
  }
  CUDA_CHECK(cudaStreamEndCapture(cuda.stream, &written.graph));
  cudaGraphExec_t ready = nullptr;
  CUDA_CHECK(cudaGraphInstantiate(&ready, written.graph, 0));
  graph_.reset(ready);
}

void CudaGraph::launch(Cuda cuda) const { CUDA_CHECK(cudaGraphLaunch(graph_.get(), cuda.stream)); }

}  // namespace kernels
