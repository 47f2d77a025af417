// Memory of the stand-in, which counts every byte and can have as little as a test wants.
#include "test/aux_training/small_run.h"
#include "test/cuda/session/device.h"
#include "test/cuda/session/network.h"
#include "test/stand_in/stand_in.h"
#include "test/support/catch.h"

using engine::Session;
using test::Network;

TEST_CASE("a session of a GPU takes the memory that was planned, and no more in a step",
          "[session]") {
  const std::size_t before = stand_in::allocated_bytes();
  {
    const Network network(test::gpu().context());
    Session session(network.program);
    session.initialize(1);
    const std::size_t taken = stand_in::allocated_bytes();
    CHECK(taken - before == session.memory().total());
    for (int step = 0; step < 4; ++step) {
      network.fill(session, step);
      session.step(step % 2);
      CHECK(stand_in::allocated_bytes() == taken);
    }
  }
  CHECK(stand_in::allocated_bytes() == before);
}

TEST_CASE("too little memory on a GPU is an error with both numbers", "[session]") {
  const Network network(test::gpu().context());
  const stand_in::MemoryLimit limit(stand_in::allocated_bytes() + (1 << 10));
  CHECK_THROWS_WITH(Session(network.program),
                    Catch::Matchers::StartsWith("out of GPU memory: 0 MiB were asked for"));
}

TEST_CASE("a training that does not fit a GPU says what it needs and what there is", "[training]") {
  test::Training training;
  training.options.gpu = &test::gpu();
  const stand_in::MemoryLimit limit(1 << 20);
  CHECK_THROWS_WITH(training.trainer(), Catch::Matchers::StartsWith("this needs") &&
                                            Catch::Matchers::Contains("MiB of memory"));
}
