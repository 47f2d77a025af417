#ifdef AUXTRAIN_CUDA
#include "engine/runtime/backend.h"
#include "kernels/base/cuda_graph.h"
#include "kernels/base/cuda_memory.h"

namespace engine {
namespace {

class CudaBackend final : public Backend {
 public:
  explicit CudaBackend(kernels::Cuda cuda) : cuda_(cuda) {}
  ~CudaBackend() override {
    try {
      kernels::wait(cuda_);            // before the memory goes
    } catch (const std::exception&) {  // which whoever waited for results has heard of
    }
  }

  std::byte* allocate(std::size_t bytes) override {
    blocks_.emplace_back(cuda_, bytes);
    return blocks_.back().get();
  }
  void set_bytes(void* memory, int value, std::size_t bytes) override {
    kernels::set_bytes(cuda_, memory, value, bytes);
  }
  void write(void* memory, const void* host, std::size_t bytes) override {
    kernels::copy_to_device(cuda_, memory, host, bytes);
    wait();
  }
  void read(void* host, const void* memory, std::size_t bytes) override {
    kernels::copy_to_host(cuda_, host, memory, bytes);
    wait();
  }
  std::byte* host_side(std::byte*, std::size_t bytes) override {
    host_sides_.emplace_back(bytes);
    return host_sides_.back().get();
  }
  Launch to_device(std::byte* memory, const std::byte* host_side, std::size_t bytes) override {
    return [=, cuda = cuda_] { kernels::copy_to_device(cuda, memory, host_side, bytes); };
  }
  Launch to_host(std::byte* host_side, const std::byte* memory, std::size_t bytes) override {
    return [=, cuda = cuda_] { kernels::copy_to_host(cuda, host_side, memory, bytes); };
  }
  // Call by call the first time, when kernels are loaded; then as a graph.
  Launch sequence(std::vector<Launch> launches) override {
    if (launches.empty()) return [] {};
    struct Sequence {
      std::vector<Launch> launches;
      bool has_run = false;
      kernels::CudaGraph graph = {};
    };
    auto sequence = std::make_shared<Sequence>(std::move(launches));
    return [sequence, cuda = cuda_] {
      const auto all = [&] {
        for (const Launch& launch : sequence->launches) launch();
      };
      if (!std::exchange(sequence->has_run, true)) return all();
      if (!sequence->graph) sequence->graph = kernels::CudaGraph(cuda, all);
      sequence->graph.launch(cuda);
    };
  }
  void wait() override { kernels::wait(cuda_); }

 private:
  kernels::Cuda cuda_;
  std::vector<kernels::CudaMemory> blocks_;
  std::vector<kernels::PinnedMemory> host_sides_;
};

}  // namespace

std::unique_ptr<Backend> make_backend(kernels::Cuda cuda) {
  return std::make_unique<CudaBackend>(cuda);
}

}  // namespace engine
#endif
