// The benchmark's cases of kernels: at small sizes they touch what they say, at training sizes they
// are launches that an H100 accepts.
#include "tools/auxtrain-bench/cuda/kernel_cases.h"

#include <memory>
#include <set>

#include "data/device_views.h"
#include "kernels/sgd/sgd.h"
#include "test/cuda/device_array.h"
#include "test/support/catch.h"

using namespace test;
using tools::CaseArrays;
using tools::KernelCase;

namespace {

const tools::StepSizes kSmall{.views = 2,
                              .images = 3,
                              .side = 8,
                              .imagenet_side = 9,
                              .resnet18_width = 8,
                              .resnet20_width = 16,
                              .parameters = 1003,
                              .classes = {5, 130}};

std::size_t count(const std::unordered_set<const std::byte*>& bytes,
                  const CaseArrays::Array& array) {
  const auto* const begin = static_cast<const std::byte*>(array.data);
  std::size_t found = 0;
  for (std::size_t i = 0; i < array.bytes; ++i) found += bytes.count(begin + i);
  return found;
}

void check_touched(const CaseArrays& arrays, const stand_in::Touched& touched) {
  using Use = CaseArrays::Use;
  double bytes = 0;
  for (std::size_t i = 0; i < arrays.all().size(); ++i) {
    const CaseArrays::Array& array = arrays.all()[i];
    if (array.use == Use::Scratch) continue;
    INFO("array " << i << " of " << array.bytes << " bytes");
    std::size_t read = count(touched.read, array);
    if (array.bytes == sizeof(data::DeviceSeed) && read == 12) read = 16;  // the rest is padding
    const std::size_t written = count(touched.written, array);
    if (array.use != Use::Write) {
      CHECK(read == array.bytes);
      bytes += static_cast<double>(read);
    }
    CHECK(written == (array.use == Use::Read ? 0 : array.bytes));
    bytes += static_cast<double>(written);
  }
  CHECK(arrays.least_bytes() == bytes);
}

}  // namespace

TEST_CASE("kernels touch all of their arrays and nothing else", "[kernel_cases]") {
  for (const KernelCase& c : tools::kernel_cases(kSmall)) {
    INFO(c.operation << ", " << c.kernel << ", " << kernels::name_of(c.type));
    std::vector<std::unique_ptr<DeviceArray<std::byte>>> memory;  // the edges of each are watched
    CaseArrays arrays([&](std::size_t bytes) {
      memory.push_back(std::make_unique<DeviceArray<std::byte>>(bytes));
      return memory.back()->data();
    });
    const kernels::Launch launch = c.prepare(cuda(), arrays);
    for (const CaseArrays::Array& array : arrays.all())
      if (array.fill) array.fill(array.data);
    std::optional<stand_in::Touched> touched;
    REQUIRE_NOTHROW(touched = stand_in::touched_by(launch));
    if (touched) check_touched(arrays, *touched);
  }
}

TEST_CASE("kernels are launched at training sizes as a GPU accepts it", "[kernel_cases]") {
  std::set<std::tuple<std::string, std::string, kernels::Type>> seen;
  int cooperative = 0;
  for (const KernelCase& c : tools::kernel_cases()) {
    INFO(c.operation << ", " << c.kernel << ", " << kernels::name_of(c.type));
    CHECK(seen.emplace(c.operation, c.kernel, c.type).second);
    CaseArrays arrays(CaseArrays::nowhere());
    const kernels::Launch launch = c.prepare(cuda(), arrays);
    std::vector<stand_in::WrittenLaunch> launches;
    REQUIRE_NOTHROW(launches = stand_in::launches_of(launch));
    CHECK(!launches.empty());
    for (const auto& each : launches) cooperative += each.cooperative;
  }
  CHECK(cooperative > 0);
}

TEST_CASE("launches are written down in place of being run, as long as asked", "[stand_in]") {
  DeviceArray<float> x(std::vector<float>(1025, 2.0f)), m(std::vector<float>(1025, 0.0f));
  const DeviceArray<float> d_w(std::vector<float>(1025, 1.0f));
  const DeviceArray<float> knobs(std::vector<float>{1, 0, 0, 0});
  const auto step = [&] { sgd(cuda(), {1025}, {d_w.data(), knobs.data(), x.data(), m.data()}); };
  const auto launches = stand_in::launches_of(step);
  REQUIRE(launches.size() == 1);
  CHECK(launches[0].grid.x == 2);  // of 256 threads with four numbers each
  CHECK(launches[0].block.x == 256);
  CHECK(launches[0].dynamic_shared_bytes == 0);
  CHECK(!launches[0].cooperative);
  CHECK(x.host() == std::vector<float>(1025, 2.0f));
  step();
  CHECK(x.host() == std::vector<float>(1025, 1.0f));
}
