// How kernels are launched (kernels/base/launch.cuh), held to what a GPU checks.
#include "kernels/base/launch.cuh"

#include "kernels/base/cuda_graph.h"
#include "kernels/base/device.cuh"
#include "test/cuda/device_array.h"
#include "test/support/catch.h"

using namespace kernels;
using namespace test;

namespace {

// Through the last of `floats` in shared memory.
__global__ void add_to(float* to, float value, unsigned floats) {
  float* const shared = dynamic_shared<float>();
  shared[floats - 1] = value;
  *to += shared[floats - 1];
}

}  // namespace

TEST_CASE("a launch in a graph keeps its shared memory when a later one asks for less",
          "[launch]") {
  const DeviceArray<float> sum(std::vector<float>{0});
  const auto add = [&](float value, unsigned kibibytes) {
    launch(cuda(), {.grid = {1}, .block = {1}, .dynamic_shared_bytes = kibibytes << 10}, add_to,
           sum.data(), value, kibibytes << 8);
  };
  const CudaGraph graph(cuda(), [&] {
    add(1, 200);
    add(2, 100);
    add(4, 1);
  });
  graph.launch(cuda());
  CHECK(sum.host()[0] == 7);
  CHECK_THROWS_AS(add(1, 300), Error);  // a block has 227 KiB at most
}
