// Memory of a GPU, memory of the host that a GPU reaches without a detour, and the copies between
// them. All of it belongs to the device that is current.
#pragma once

#include <cstddef>
#include <memory>

#include "kernels/base/context.h"

namespace kernels {

class CudaMemory {
 public:
  CudaMemory() = default;
  // Zero at first. An Error says what was asked for and what is free.
  CudaMemory(Cuda, std::size_t bytes);
  std::byte* get() const { return block_.get(); }

 private:
  struct Free {
    void operator()(std::byte* block) const;
  };
  std::unique_ptr<std::byte, Free> block_;
};

// Of the host, and never moved to a disk. Zero at first.
class PinnedMemory {
 public:
  PinnedMemory() = default;
  explicit PinnedMemory(std::size_t bytes);
  std::byte* get() const { return block_.get(); }

 private:
  struct Free {
    void operator()(std::byte* block) const;
  };
  std::unique_ptr<std::byte, Free> block_;
};

// These take their turn on the stream. Until it has come, the host's memory, which is pinned, must
// stay as it is.
void copy_to_device(Cuda, void* device, const void* host, std::size_t bytes);
void copy_on_device(Cuda, void* to, const void* from, std::size_t bytes);
void copy_to_host(Cuda, void* host, const void* device, std::size_t bytes);
void set_bytes(Cuda, void* device, int value, std::size_t bytes);

// Returns when everything on the stream is done. An Error where something there went wrong.
void wait(Cuda);

}  // namespace kernels
