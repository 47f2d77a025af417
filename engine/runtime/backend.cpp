#include "engine/runtime/backend.h"

#include <cstring>

#include "kernels/base/memory.h"

namespace engine {
namespace {

class CpuBackend final : public Backend {
 public:
  std::byte* allocate(std::size_t bytes) override {
    blocks_.emplace_back(bytes);
    return blocks_.back().get();
  }
  void set_bytes(void* memory, int value, std::size_t bytes) override {
    std::memset(memory, value, bytes);
  }
  void write(void* memory, const void* host, std::size_t bytes) override {
    std::memcpy(memory, host, bytes);
  }
  void read(void* host, const void* memory, std::size_t bytes) override {
    std::memcpy(host, memory, bytes);
  }
  std::byte* host_side(std::byte* memory, std::size_t) override { return memory; }
  Launch to_device(std::byte*, const std::byte*, std::size_t) override { return {}; }
  Launch to_host(std::byte*, const std::byte*, std::size_t) override { return {}; }
  Launch sequence(std::vector<Launch> launches) override {
    return [launches = std::move(launches)] {
      for (const Launch& launch : launches) launch();
    };
  }
  void wait() override {}

 private:
  std::vector<kernels::Memory> blocks_;
};

}  // namespace

std::unique_ptr<Backend> make_backend(kernels::Cpu) { return std::make_unique<CpuBackend>(); }

std::unique_ptr<Backend> make_backend(const Device& device) {
  return std::visit([](auto place) { return make_backend(place); }, device);
}

}  // namespace engine
