// What differs between devices when a session runs: where its memory lies, and how launches start.
#pragma once

#include <memory>
#include <vector>

#include "engine/graph/device.h"
#include "kernels/base/launch.h"

namespace engine {

using kernels::Launch;

class Backend {
 public:
  virtual ~Backend() = default;

  // Memory of the device, zero at first, as long as this lives. An Error where there is not enough.
  virtual std::byte* allocate(std::size_t bytes) = 0;
  virtual void set_bytes(void* memory, int value, std::size_t bytes) = 0;

  // Copies between this memory and any of the host's; done when they return.
  virtual void write(void* memory, const void* host, std::size_t bytes) = 0;
  virtual void read(void* host, const void* memory, std::size_t bytes) = 0;

  // What the host sees of `memory`: itself, or a copy that to_device() and to_host() keep alike.
  virtual std::byte* host_side(std::byte* memory, std::size_t bytes) = 0;
  // Launches that copy one to the other; empty where there is nothing to copy.
  virtual Launch to_device(std::byte* memory, const std::byte* host_side, std::size_t bytes) = 0;
  virtual Launch to_host(std::byte* host_side, const std::byte* memory, std::size_t bytes) = 0;

  // Starts these launches, in order, as one.
  virtual Launch sequence(std::vector<Launch>) = 0;
  // Until all that was started is done.
  virtual void wait() = 0;
};

std::unique_ptr<Backend> make_backend(const Device&);

std::unique_ptr<Backend> make_backend(kernels::Cpu);
std::unique_ptr<Backend> make_backend(kernels::Cuda);  // in builds with CUDA

}  // namespace engine
