// How batch norm is cut for a GPU.
#include "kernels/base/bfloat16.h"
#include "kernels/batch_norm/schedule.h"
#include "test/cuda/batch_norm_schedules.h"

using namespace kernels;
using namespace test;

namespace {

constexpr Cuda kH100{nullptr, 132, 227 << 10};

void check_cut(Cuda cuda, const BatchNormSizes& s, const BatchNormCut& cut) {
  // Every row and channel has one owner, and none is without work.
  REQUIRE(cut.tiles == rounded_up_share(s.channels, cut.tile_channels));
  REQUIRE(cut.slices == rounded_up_share(s.rows, cut.rows_per_slice));
  REQUIRE(cut.rounds * cut.down() >= std::min(cut.rows_per_slice, s.rows));
  REQUIRE((cut.rounds - 1) * cut.down() < std::min(cut.rows_per_slice, s.rows));
  // What a launch asks for is there.
  REQUIRE(cut.kept <= std::min(cut.rounds, cut.capacity));
  if (cut.capacity > 0) REQUIRE(cut.shared_bytes() + kStaticBytes <= cuda.shared_bytes);
  if (cut.schedule == BatchNormSchedule::Persistent) {
    REQUIRE(cut.tiles * cut.slices <= cuda.multiprocessors);
    REQUIRE(cut.kept > 0);
    if (cut.together > 1) REQUIRE(cut.capacity == s.views * cut.rounds);
  }
  if (cut.schedule == BatchNormSchedule::WholeTiles) REQUIRE(cut.kept == cut.rounds);
  // Two numbers of every slice, and one of the view.
  REQUIRE(long{s.views} * (2 * cut.slices + 1) * s.channels <= batch_norm_partial_size(cuda, s));
}

}  // namespace

TEST_CASE("batch norm reads the CIFAR nets' views once where they fit", "[batch_norm]") {
  using enum BatchNormSchedule;
  struct Layer {
    int rows, channels;
    BatchNormSchedule forward;
    double bf16, float32, bf16_backward, float32_backward;  // shares kept, at least
  };
  const Layer layer = GENERATE(
      Layer{131072, 64, Persistent, 1, 0.8, 0.75, 0.35},
      Layer{32768, 128, Persistent, 1, 1, 1, 0.7}, Layer{8192, 256, Persistent, 1, 1, 1, 1},
      Layer{2048, 512, WholeTiles, 1, 1, 1, 1}, Layer{131072, 16, Persistent, 1, 1, 1, 1},
      Layer{32768, 32, Persistent, 1, 1, 1, 1}, Layer{8192, 64, Persistent, 1, 1, 1, 1});
  const BatchNormSizes s{5, layer.rows, layer.channels};
  INFO(s.rows << " rows, " << s.channels << " channels");
  const auto narrow = forward_cut<bfloat16>(kH100, s), wide = forward_cut<float>(kH100, s);
  CHECK(narrow.schedule == layer.forward);
  CHECK(narrow.kept_share() >= layer.bf16);
  CHECK(wide.kept_share() >= layer.float32);
  const auto narrow_back = backward_cut<bfloat16>(kH100, s);
  const auto wide_back = backward_cut<float>(kH100, s);
  CHECK(narrow_back.schedule == Persistent);
  CHECK(narrow_back.kept_share() >= layer.bf16_backward);
  CHECK(wide_back.kept_share() >= layer.float32_backward);
  for (const auto& cut : {narrow, wide, narrow_back, wide_back})
    if (cut.schedule == Persistent) CHECK(cut.tiles * cut.slices >= 128);  // of 132
}

TEST_CASE("batch norm's cuts have an owner for everything and ask for what there is",
          "[batch_norm]") {
  const int rows = GENERATE(1, 31, 129, 2048, 8192, 100000, 5000000);
  const int channels = GENERATE(1, 8, 16, 24, 33, 64, 100, 512, 2048, 16400);
  const BatchNormSizes s{GENERATE(1, 5), rows, channels};
  INFO(s.views << " views, " << s.rows << " rows, " << s.channels << " channels");
  for (const int multiprocessors : {1, 3, 132})
    for (const std::size_t kibibytes : {8, 27, 48, 227})
      for (const bool aligned : {true, false}) {
        const Cuda cuda{nullptr, multiprocessors, kibibytes << 10};
        check_cut(cuda, s, forward_cut<bfloat16>(cuda, s, aligned));
        check_cut(cuda, s, forward_cut<float>(cuda, s, aligned));
        check_cut(cuda, s, backward_cut<bfloat16>(cuda, s, aligned));
        check_cut(cuda, s, backward_cut<float>(cuda, s, aligned));
      }
}

TEST_CASE("how batch norm cuts a view does not depend on the others", "[batch_norm]") {
  const BatchNormSizes s = GENERATE(BatchNormSizes{5, 8192, 256}, BatchNormSizes{5, 90000, 33},
                                    BatchNormSizes{5, 2048, 512});
  BatchNormSizes one = s;
  one.views = 1;
  const auto of = [&](const BatchNormSizes& sizes) {
    const auto cut = forward_cut<float>(kH100, sizes);
    return std::tuple(cut.schedule, cut.slices, cut.rows_per_slice, cut.tile_channels);
  };
  REQUIRE(of(s) == of(one));
}
