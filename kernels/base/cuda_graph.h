// Work for a GPU written down once, and from then on started by a single call.
#pragma once

#include <functional>
#include <memory>

#include "kernels/base/context.h"

struct CUgraphExec_st;  // what a cudaGraphExec_t points to

namespace kernels {

class CudaGraph {
 public:
  CudaGraph() = default;
  // Writes down what `work` puts on the stream, without doing it. That must neither allocate nor
  // wait; and each kernel should have run before, since loading one is more than a graph can hold.
  CudaGraph(Cuda, const std::function<void()>& work);
  explicit operator bool() const { return graph_ != nullptr; }
  void launch(Cuda) const;  // puts it on the stream

 private:
  struct Destroy {
    void operator()(CUgraphExec_st* graph) const;
  };
  std::unique_ptr<CUgraphExec_st, Destroy> graph_;
};

}  // namespace kernels
