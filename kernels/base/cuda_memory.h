// Memory of a GPU, and copies to it. All of it belongs to the device that is current.
#pragma once

#include <cstddef>
#include <memory>

#include "kernels/base/context.h"

namespace kernels {

class CudaMemory {
 public:
  CudaMemory() = default;
  CudaMemory(Cuda, std::size_t bytes);
  std::byte* get() const { return block_.get(); }

 private:
  struct Free {
    void operator()(std::byte* block) const;
  };
  std::unique_ptr<std::byte, Free> block_;
};

// These take their turn on the stream. Until it has come, the host's memory must stay as it is.
void copy_to_device(Cuda, void* device, const void* host, std::size_t bytes);
void copy_on_device(Cuda, void* to, const void* from, std::size_t bytes);

// Returns when everything on the stream is done. An Error where something there went wrong.
void wait(Cuda);

}  // namespace kernels
