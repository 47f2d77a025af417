// Auxiliary training against PyTorch: test/golden/auxiliary_training.py.
#include "test/support/catch.h"
#include "test/support/golden.h"

namespace {

const test::GoldenTraining& golden() {
  static const test::GoldenTraining kGolden(std::string(TEST_DIRECTORY) + "/golden");
  return kGolden;
}

}  // namespace

// The example in auxiliary_training.json: a weight, a pixel and labels as Python made them.
TEST_CASE("golden training starts from the numbers that PyTorch started from") {
  const std::vector<float> weight = golden().initial("conv1.weight");
  CHECK(weight.at(0) == -0.28077051043510437f);
  CHECK(weight.at(1) == -0.3916027843952179f);
  CHECK(weight.at(2) == -0.002398492768406868f);
  const std::vector<float> batch = golden().batch(3);
  const size_t view = batch.size() / static_cast<size_t>(golden().views);
  CHECK(batch.at(3 * view - 1) == -0.45143717527389526f);  // the last of view 2
  CHECK(golden().labels(3) == std::vector<std::int32_t>{9, 7, 6, 3, 1, 1, 6, 5});
}
