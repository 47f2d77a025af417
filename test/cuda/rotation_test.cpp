// How the benchmark times kernels on a GPU.
#include "tools/auxtrain-bench/cuda/rotation.h"

#include <chrono>
#include <set>

#include "kernels/base/cuda_timer.h"
#include "kernels/elementwise/elementwise.h"
#include "test/cuda/device_array.h"
#include "test/support/catch.h"

using namespace kernels;
using namespace test;
using tools::CaseArrays;
using tools::KernelCase;
using tools::Rotation;

namespace {

constexpr long kFloats = 1000;  // two arrays of 4096 bytes each set, with what aligns them

// A copy that writes down whose turn it was.
KernelCase copy_case(std::vector<const float*>& turns) {
  const auto prepare = [&turns](Cuda device, CaseArrays& arrays) -> Launch {
    const Convert<float, float> t{arrays.read<float>(kFloats), arrays.write<float>(kFloats)};
    arrays.reread(17);
    return [=, &turns] {
      turns.push_back(t.x);
      convert(device, {kFloats}, t);
    };
  };
  return {"copy [1000]", "convert", {kFloats}, Type::Float, prepare};
}

std::vector<float> host_copy(const float* array) {
  std::vector<float> values(kFloats);
  CUDA_CHECK(cudaMemcpyAsync(values.data(), array, kFloats * sizeof(float), cudaMemcpyDeviceToHost,
                             cuda().stream));
  CUDA_CHECK(cudaStreamSynchronize(cuda().stream));
  return values;
}

}  // namespace

TEST_CASE("arrays take turns, so many that no cache holds them", "[rotation]") {
  const auto [l2_bytes, sets] = GENERATE(std::pair(0u, 2u), std::pair(8192u, 2u),
                                         std::pair(8193u, 3u), std::pair(20000u, 5u));
  std::vector<const float*> turns;
  const KernelCase c = copy_case(turns);
  Rotation rotation(cuda(), c, l2_bytes);
  REQUIRE(rotation.sets() == sets);
  CHECK(measure(cuda(), rotation, 0).seconds > 0);
  REQUIRE(turns.size() == sets + 5 * 32);  // once each to warm up, then five rounds
  for (std::size_t i = 0; i < turns.size(); ++i) REQUIRE(turns[i] == turns[i % sets]);
  REQUIRE(std::set<const float*>(turns.begin(), turns.end()).size() == sets);
  const std::vector<float> first = host_copy(turns[0]);
  CHECK(std::set<float>(first.begin(), first.end()).size() > 900);
  for (const float x : first) REQUIRE((x >= -2 && x < 2));
  for (std::size_t set = 1; set < sets; ++set) CHECK(host_copy(turns[set]) == first);
}

TEST_CASE("a kernel's row says what it moves", "[rotation]") {
  std::vector<const float*> turns;
  const tools::CallRow row = tools::measure_kernel(cuda(), copy_case(turns), 1, 0);
  CHECK(row.where == "copy [1000]");
  CHECK(row.kernel == "convert");
  CHECK(row.shape == "[1000]");
  CHECK(row.type == "float");
  CHECK(row.bytes == 8000);
  CHECK(row.reread_bytes == 17);
  CHECK(row.timing.seconds > 0);
  CHECK(tools::measure_copy_rate(cuda(), 1000, 0) > 0);
}

TEST_CASE("a GPU's work takes some time, and no longer than the host saw", "[timer]") {
  const DeviceArray<float> array(1 << 16);
  const auto work = [&] { fill(cuda(), {1 << 16}, Fill<float>{1, array.data()}); };
  work();
  CudaTimer timer(cuda());
  for (int i = 0; i < 3; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const double seconds = timer.seconds_of(work);
    const std::chrono::duration<double> seen = std::chrono::steady_clock::now() - start;
    CHECK(seconds > 0);
    CHECK(seconds < seen.count());
  }
  REQUIRE_THROWS_WITH(timer.seconds_of([] { throw Error("no such work"); }), "no such work");
  CHECK(timer.seconds_of(work) > 0);  // nothing waits for ever
}
