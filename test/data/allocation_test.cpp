// Batches and corrupted images are made without allocating, once the first ones are.
#include <atomic>
#include <cstdlib>
#include <new>

#include "data/corruptions/corruptions.h"
#include "data/loader.h"
#include "test/data/some_images.h"
#include "test/support/catch.h"

static std::atomic<long> allocations{0};

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size ? size : 1)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size ? size : 1);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

TEST_CASE("the loader does not allocate in steady state") {
  using namespace data;
  const Images images = test::random_images(20, 16, 16);
  std::vector<float> pixels[2];
  std::vector<int> labels[2];
  std::array<BatchSlot, 2> slots;
  for (int i = 0; i < 2; ++i) {
    pixels[i].resize(5 * 4 * images.image_size());
    labels[i].resize(4);
    slots[i] = {pixels[i].data(), kernels::Type::Float, labels[i].data()};
  }
  // One thread: with more, one of them might come to its first image, and allocate, at any time.
  Loader loader(images, kCifarNormalization, {.views = default_views(), .batch = 4}, slots);
  loader.start(0, 0);
  for (int step = 0; step < 3; ++step) loader.wait();
  const long before = allocations;
  for (int step = 0; step < 12; ++step) loader.wait();  // over two ends of an epoch
  CHECK(allocations == before);
}

TEST_CASE("corruptions do not allocate after the first of their kind") {
  using namespace data::corruptions;
  const data::Images image = test::random_images(1, 40, 48);
  std::vector<std::uint8_t> out(image.image_size());
  const auto corrupt_all = [&] {
    for (int kind = 0; kind < kKinds; ++kind)
      corrupt(image.image(0), {40, 48}, {static_cast<Kind>(kind), 5}, 1, 2,
              FrostTextures::procedural(), out.data());
  };
  for (int times = 0; times < 2; ++times) corrupt_all();
  const long before = allocations;
  for (int times = 0; times < 3; ++times) corrupt_all();
  CHECK(allocations == before);
}
