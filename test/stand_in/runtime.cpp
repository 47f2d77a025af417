// The CUDA runtime's C interface where the device's memory is the host's: every call returns when
// its work is done, and AddressSanitizer watches the edges of every allocation.
#include <cstdlib>
#include <cstring>
#include <unordered_map>

#include "test/stand_in/machine.h"

namespace stand_in {
namespace {

constexpr int kBytesWithoutAsking = 48 << 10, kMostBytes = 227 << 10;
std::unordered_map<const void*, int> asked;

}  // namespace

size_t allowed_dynamic_shared(const void* kernel) {
  const auto found = asked.find(kernel);
  return static_cast<size_t>(found == asked.end() ? kBytesWithoutAsking : found->second);
}

}  // namespace stand_in

cudaError_t cudaMalloc(void** memory, size_t bytes) {
  if (posix_memalign(memory, 256, bytes)) return cudaErrorMemoryAllocation;
  std::memset(*memory, 0xff, bytes);  // NaN: what is read before it is written shows
  return cudaSuccess;
}
cudaError_t cudaFree(void* memory) {
  std::free(memory);
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind,
                            cudaStream_t) {
  std::memcpy(to, from, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* memory, int value, size_t bytes, cudaStream_t) {
  std::memset(memory, value, bytes);
  return cudaSuccess;
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = nullptr;
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t) { return cudaSuccess; }
cudaError_t cudaStreamSynchronize(cudaStream_t) { return cudaSuccess; }
cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute, int bytes) {
  if (bytes > stand_in::kMostBytes) return cudaErrorInvalidValue;
  stand_in::asked[kernel] = bytes;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  *value = attribute == cudaDevAttrMultiProcessorCount ? stand_in::multiprocessors()
                                                       : stand_in::kMostBytes;
  return cudaSuccess;
}
const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
    case cudaErrorCooperativeLaunchTooLarge:
      return "cudaErrorCooperativeLaunchTooLarge";
    case cudaErrorInvalidValue:
      return "cudaErrorInvalidValue";
    default:
      return "cudaErrorInvalidConfiguration";
  }
}
