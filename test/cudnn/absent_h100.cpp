#include "test/cudnn/absent_h100.h"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace test {
namespace {

// cuDNN opens libcuda.so.1; one that was opened before under that name is found by it.
void need_driver() {
  if (dlopen("libcuda.so.1", RTLD_NOW) || dlopen(CUDA_STUB, RTLD_NOW)) return;
  std::printf("skipped: there is no libcuda.so.1, neither a driver's nor the toolkit's stub\n");
  std::fflush(stdout);
  std::_Exit(77);
}

}  // namespace

kernels::CudaLibraries::AbsentDevice absent_h100() {
  need_driver();
  std::ifstream file(TEST_DIRECTORY "/golden/h100_device_properties.json", std::ios::binary);
  return {std::string(std::istreambuf_iterator<char>(file), {})};
}

kernels::Cuda cuda_of_absent_h100() {
  static kernels::CudaLibraries libraries(absent_h100());
  return {.multiprocessors = 132, .libraries = &libraries};
}

}  // namespace test
