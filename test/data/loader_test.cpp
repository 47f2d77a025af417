#include "data/loader.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <thread>

#include "data/draw_view.h"
#include "kernels/base/check.h"
#include "test/data/some_images.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

using namespace data;
using kernels::bfloat16;
using kernels::Type;
using test_support::contains;

namespace {

constexpr int kBatch = 6, kViews = 5, kCount = 40;  // 6 steps an epoch, 4 images left out

template <class T>
struct Batch {
  std::vector<T> images;
  std::vector<int> labels;

  bool operator==(const Batch& other) const {
    return labels == other.labels && images.size() == other.images.size() &&
           std::memcmp(images.data(), other.images.data(), images.size() * sizeof(T)) == 0;
  }
};

template <class T>
struct Slots {
  Batch<T> batches[2];
  std::array<BatchSlot, 2> slots;

  explicit Slots(const Images& images) {
    for (int i = 0; i < 2; ++i) {
      batches[i].images.resize(kViews * kBatch * images.image_size());
      batches[i].labels.resize(kBatch);
      slots[i] = {batches[i].images.data(), std::is_same_v<T, float> ? Type::Float : Type::BFloat16,
                  batches[i].labels.data()};
    }
  }
};

LoaderSettings settings(int threads) {
  return {.views = default_views(), .batch = kBatch, .seed = 42, .threads = threads};
}

template <class T = float>
std::vector<Batch<T>> batches(const Images& images, int threads, int epoch, int step, int count) {
  Slots<T> memory(images);
  Loader loader(images, kCifarNormalization, settings(threads), memory.slots);
  loader.start(epoch, step);
  std::vector<Batch<T>> result;
  result.reserve(count);
  for (int i = 0; i < count; ++i) result.push_back(memory.batches[loader.wait()]);
  return result;
}

}  // namespace

TEST_CASE("an epoch's order is a permutation, another one for another epoch or seed") {
  std::vector<int> first(1000), other(1000), sorted(1000);
  shuffle_order(1, 0, first);
  std::iota(sorted.begin(), sorted.end(), 0);
  CHECK(std::is_permutation(first.begin(), first.end(), sorted.begin()));
  for (const auto& [seed, epoch] : {std::pair{1, 1}, std::pair{2, 0}}) {
    shuffle_order(seed, epoch, other);
    int same_place = 0;
    for (int i = 0; i < 1000; ++i) same_place += first[i] == other[i];
    CHECK(same_place < 10);
  }
  // The first place is filled evenly.
  std::vector<int> small(4), times(4);
  for (int epoch = 0; epoch < 4000; ++epoch) {
    shuffle_order(1, epoch, small);
    ++times[small[0]];
  }
  for (const int count : times) CHECK(std::abs(count - 1000) < 150);
}

TEST_CASE("batches are the views of the epoch's images in its order") {
  const Images images = test::random_images(kCount, 8, 12);
  const auto made = batches(images, 2, 3, 0, 7);
  std::vector<std::uint8_t> bytes(images.image_size());
  std::vector<int> order(kCount);
  for (int step = 0; step < 7; ++step) {
    const int epoch = step < 6 ? 3 : 4;  // an epoch of 6 steps goes over into the next
    shuffle_order(42, epoch, order);
    for (int i = 0; i < kBatch; ++i) {
      const int image = order[step % 6 * kBatch + i];
      REQUIRE(made[step].labels[i] == images.labels[image]);
      std::vector<float> expected(images.image_size());
      for (int view = 0; view < kViews; ++view) {
        write_view(images, image, default_views()[view], view, {}, kCifarNormalization, 42, epoch,
                   expected.data());
        const float* got = made[step].images.data() + (view * kBatch + i) * expected.size();
        REQUIRE(std::memcmp(got, expected.data(), expected.size() * sizeof(float)) == 0);
      }
    }
  }
}

TEST_CASE("mixed batches hold one view of each image, each kind equally often") {
  const Images images = test::random_images(kCount, 8, 8);
  LoaderSettings mixed = settings(1);
  mixed.augmentation.mix = true;
  Slots<float> memory(images);
  Loader loader(images, kCifarNormalization, mixed, memory.slots);
  loader.start(5, 0);
  const float* got = memory.batches[loader.wait()].images.data();
  std::vector<int> order(kCount), times(kViews);
  shuffle_order(42, 5, order);
  std::vector<float> expected(images.image_size());
  for (int i = 0; i < kBatch; ++i) {
    const int view = view_at(0, kViews, mixed.augmentation, 42, 5, order[i]);
    write_view(images, order[i], default_views()[view], view, {}, kCifarNormalization, 42, 5,
               expected.data());
    CHECK(std::equal(expected.begin(), expected.end(), got + i * expected.size()));
  }

  for (int image = 0; image < 5000; ++image)
    ++times[view_at(0, kViews, mixed.augmentation, 42, 5, image)];
  for (const int count : times) CHECK(std::abs(count - 1000) < 150);
}

TEST_CASE("batches are the same for any number of threads") {
  const Images images = test::random_images(kCount, 8, 8);
  const auto one = batches(images, 1, 0, 0, 14);
  CHECK(batches(images, 2, 0, 0, 14) == one);
  CHECK(batches(images, 3, 0, 0, 14) == one);
}

TEST_CASE("a start in the middle of an epoch goes on as without a break") {
  const Images images = test::random_images(kCount, 8, 8);
  const auto whole = batches(images, 2, 1, 0, 14);
  const auto rest = batches(images, 2, 1, 4, 10);
  CHECK(std::equal(rest.begin(), rest.end(), whole.begin() + 4));
  const auto next_epoch = batches(images, 2, 1, 6, 8);
  CHECK(std::equal(next_epoch.begin(), next_epoch.end(), whole.begin() + 6));
}

TEST_CASE("bf16 batches are the rounded float batches") {
  const Images images = test::random_images(kCount, 8, 8);
  const auto wide = batches<float>(images, 2, 0, 0, 2);
  const auto narrow = batches<bfloat16>(images, 2, 0, 0, 2);
  for (int step = 0; step < 2; ++step) {
    CHECK(narrow[step].labels == wide[step].labels);
    bool rounded = true;
    for (std::size_t i = 0; i < wide[step].images.size(); ++i)
      rounded &= narrow[step].images[i].bits == bfloat16(wide[step].images[i]).bits;
    CHECK(rounded);
  }
}

TEST_CASE("a loader can be stopped and started again, and waiting needs a start") {
  const Images images = test::random_images(kCount, 8, 8);
  Slots<float> memory(images);
  Loader loader(images, kCifarNormalization, settings(2), memory.slots);
  CHECK(loader.steps_per_epoch() == 6);
  CHECK_THROWS_AS(loader.wait(), kernels::Error);
  CHECK_THROWS_AS(loader.start(0, 7), kernels::Error);
  loader.start(0, 0);
  const Batch<float> first = memory.batches[loader.wait()];
  loader.start(0, 3);
  CHECK_FALSE(memory.batches[loader.wait()] == first);
  loader.stop();
  CHECK_THROWS_AS(loader.wait(), kernels::Error);
  const Batch<float> untouched[] = {memory.batches[0], memory.batches[1]};
  loader.start(0, 0);
  CHECK(memory.batches[loader.wait()] == first);
  CHECK_FALSE(untouched[0] == memory.batches[0]);
}

TEST_CASE("the slot that was returned stays as it is until the next wait") {
  const Images images = test::random_images(kCount, 8, 8);
  const auto expected = batches(images, 2, 0, 0, 20);
  Slots<float> memory(images);
  Loader loader(images, kCifarNormalization, settings(2), memory.slots);
  loader.start(0, 0);
  for (int step = 0; step < 20; ++step) {
    const int slot = loader.wait();
    CHECK(slot == step % 2);
    for (int look = 0; look < 3; ++look) {
      std::this_thread::yield();
      REQUIRE(memory.batches[slot] == expected[step]);
    }
  }
}

TEST_CASE("what fails in the background is thrown by wait, as often as asked") {
  Images images = test::random_images(kCount, 8, 8);
  Slots<float> memory(images);
  Loader loader(images, kCifarNormalization, settings(2), memory.slots);
  images.height = 0;
  loader.start(0, 0);
  CHECK_THROWS_WITH(loader.wait(), contains("sides of 1 to"));
  CHECK_THROWS_WITH(loader.wait(), contains("sides of 1 to"));
  images.height = 8;
  loader.start(0, 0);
  CHECK_NOTHROW(loader.wait());
}

TEST_CASE("settings that cannot work are refused") {
  const Images images = test::random_images(kCount, 8, 8);
  Slots<float> memory(images);
  const auto refuse = [&](auto change, const char* message) {
    LoaderSettings changed = settings(1);
    change(changed);
    CHECK_THROWS_AS(Loader(images, kCifarNormalization, changed, memory.slots),
                    kernels::UsageError);
    CHECK_THROWS_WITH(Loader(images, kCifarNormalization, changed, memory.slots),
                      contains(message));
  };
  refuse([](LoaderSettings& s) { s.batch = kCount + 1; }, "batch must be 1 to the 40 images");
  refuse([](LoaderSettings& s) { s.batch = 0; }, "got 0");
  refuse([](LoaderSettings& s) { s.views.clear(); }, "views");
  refuse([](LoaderSettings& s) { s.views.resize(9); }, "got 9");
  refuse([](LoaderSettings& s) { s.views[1].strength = -1; }, "gaussian_blur");
  refuse([](LoaderSettings& s) { s.threads = 0; }, "threads");
  refuse([](LoaderSettings& s) { s.augmentation.padding = -1; }, "padding");
}
