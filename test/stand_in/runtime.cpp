// The CUDA runtime's C interface where the device's memory is the host's: every call returns when
// its work is done, and AddressSanitizer watches the edges of every allocation.
#include <cstdlib>
#include <cstring>
#include <map>
#include <unordered_map>

#include "test/stand_in/machine.h"

namespace stand_in {
namespace {

// A GPU counts a kernel's __shared__ variables; here every kernel has as many as the largest of
// ours.
constexpr int kStaticBytes = 8 << 10, kWithoutAsking = 48 << 10, kMostBytes = 227 << 10;
std::unordered_map<const void*, int> asked;

}  // namespace

size_t allowed_dynamic_shared(const void* kernel) {
  const auto found = asked.find(kernel);
  return static_cast<size_t>(found == asked.end() ? kWithoutAsking - kStaticBytes : found->second);
}

namespace {

std::map<void*, size_t> allocated;
constexpr size_t kMemory = size_t{80} << 30;
size_t memory_limit = kMemory;

}  // namespace

size_t allocated_bytes() {
  size_t sum = 0;
  for (const auto& [memory, bytes] : allocated) sum += bytes;
  return sum;
}
MemoryLimit::MemoryLimit(size_t bytes) { memory_limit = bytes; }
MemoryLimit::~MemoryLimit() { memory_limit = kMemory; }

}  // namespace stand_in

// A GPU refuses to allocate and to wait while a stream is captured.
cudaError_t cudaMalloc(void** memory, size_t bytes) {
  if (stand_in::is_captured()) return cudaErrorStreamCaptureUnsupported;
  if (stand_in::allocated_bytes() + bytes > stand_in::memory_limit ||
      posix_memalign(memory, 256, bytes))
    return cudaErrorMemoryAllocation;
  std::memset(*memory, 0xff, bytes);  // NaN: what is read before it is written shows
  stand_in::allocated[*memory] = bytes;
  return cudaSuccess;
}
cudaError_t cudaFree(void* memory) {
  stand_in::allocated.erase(memory);
  std::free(memory);
  return cudaSuccess;
}
cudaError_t cudaMallocHost(void** memory, size_t bytes) {
  if (stand_in::is_captured()) return cudaErrorStreamCaptureUnsupported;
  return posix_memalign(memory, 256, bytes) ? cudaErrorMemoryAllocation : cudaSuccess;
}
cudaError_t cudaFreeHost(void* memory) {
  std::free(memory);
  return cudaSuccess;
}
cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  *total = stand_in::memory_limit;
  *free = *total - stand_in::allocated_bytes();
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind,
                            cudaStream_t) {
  return stand_in::enqueue([=] {
    std::memcpy(to, from, bytes);
    return cudaSuccess;
  });
}
cudaError_t cudaMemsetAsync(void* memory, int value, size_t bytes, cudaStream_t) {
  return stand_in::enqueue([=] {
    std::memset(memory, value, bytes);
    return cudaSuccess;
  });
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = nullptr;
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t) { return cudaSuccess; }
cudaError_t cudaStreamSynchronize(cudaStream_t) {
  if (stand_in::is_captured()) return cudaErrorStreamCaptureUnsupported;
  stand_in::call_host_functions();
  return cudaSuccess;
}
cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute, int bytes) {
  if (bytes > stand_in::kMostBytes) return cudaErrorInvalidValue;
  stand_in::asked[kernel] = bytes;
  return cudaSuccess;
}
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void* kernel) {
  attributes->sharedSizeBytes = stand_in::kStaticBytes;
  attributes->maxDynamicSharedSizeBytes =
      static_cast<int>(stand_in::allowed_dynamic_shared(kernel));
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  *value = attribute == cudaDevAttrMultiProcessorCount ? stand_in::multiprocessors()
                                                       : stand_in::kMostBytes;
  return cudaSuccess;
}
cudaError_t cudaGetLastError() { return cudaSuccess; }
const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
    case cudaErrorInvalidValue:
      return "cudaErrorInvalidValue";
    case cudaErrorMemoryAllocation:
      return "cudaErrorMemoryAllocation";
    case cudaErrorCooperativeLaunchTooLarge:
      return "cudaErrorCooperativeLaunchTooLarge";
    case cudaErrorStreamCaptureUnsupported:
      return "cudaErrorStreamCaptureUnsupported";
    default:
      return "cudaErrorInvalidConfiguration";
  }
}
