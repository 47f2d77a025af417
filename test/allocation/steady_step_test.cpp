// A steady training step allocates nothing of ours, on any thread.
#include <cstdlib>
#include <memory>
#include <thread>

#include "aux_training/classifier.h"
#include "engine/runtime/session.h"
#include "models/resnet.h"
#include "test/support/allocation_counter.h"
#include "test/support/catch.h"

namespace {

using engine::Type;
using test::Allocations;
using test::allocations;

// Keeps the compiler from leaving out an allocation that nobody uses.
void use(void* p) { asm volatile("" : : "r"(p) : "memory"); }

template <class F>
long counted(const F& f) {
  const long before = allocations().ours;
  f();
  return allocations().ours - before;
}

}  // namespace

TEST_CASE("every way to allocate is counted, on every thread", "[allocation]") {
  const auto release = [](void* p) {
    use(p);
    std::free(p);
  };
  CHECK(counted([&] { release(std::malloc(10)); }) == 1);
  CHECK(counted([&] { release(std::calloc(3, 4)); }) == 1);
  CHECK(counted([&] { release(std::realloc(nullptr, 10)); }) == 1);
  CHECK(counted([&] { release(std::aligned_alloc(64, 128)); }) == 1);
  CHECK(counted([&] {
          void* p = nullptr;
          if (posix_memalign(&p, 64, 100) == 0) release(p);
        }) == 1);
  CHECK(counted([] { use(std::make_unique<int>(1).get()); }) == 1);
  CHECK(counted([] { use(std::make_unique<int[]>(100).get()); }) == 1);
  struct alignas(128) Wide {
    float numbers[32];
  };
  CHECK(counted([] { use(std::make_unique<Wide>().get()); }) == 1);
  CHECK(counted([] {}) == 0);
  std::thread([] {}).join();  // its stack is kept for the next ones
  const long alone = counted([] { std::thread([] {}).join(); });
  CHECK(counted([] { std::thread([] { use(std::make_unique<int>(1).get()); }).join(); }) ==
        alone + 1);
}

TEST_CASE("a steady training step allocates nothing of ours", "[allocation]") {
  const Type storage = GENERATE(Type::Float, Type::BFloat16);
  const int threads = GENERATE(1, 3);
  const bool recompute = GENERATE(false, true);
  kernels::ThreadPool pool(threads);
  const auto training = aux_training::record_training(
      kernels::Cpu{&pool}, storage,
      {.classes = 5,
       .views = 3,
       .images = 5,
       .height = 16,
       .width_pixels = 16,
       .recompute = recompute},
      [](engine::Program& program, engine::Tensor images) {
        return models::resnet(program, images, {.blocks = {1, 1}, .width = 8}, {});
      });
  engine::Session session(training->program);
  session.initialize(1);
  *session.data(training->temperature) = 1;

  constexpr int kSteps = 20;
  for (int step = 0; step < 4; ++step) session.step(step % 2);
  Allocations before = allocations();
  long each = -1;
  for (int step = 0; step < kSteps; ++step) {
    session.step(step % 2);
    const Allocations now = allocations();
    const long library = now.library - before.library, ours = now.ours - before.ours;
    REQUIRE(ours == 0);
    if (each >= 0) REQUIRE(library == each);
    each = library;
    before = allocations();
  }
  WARN(kernels::name_of(storage) << ", " << threads << " threads: oneDNN allocates " << each
                                 << " times a step, we never");
}
