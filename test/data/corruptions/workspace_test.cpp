#include "data/corruptions/workspace.h"

#include <cstdint>

#include "test/support/catch.h"

using data::corruptions::Workspace;

TEST_CASE("a workspace's arrays stay where they are, apart and aligned") {
  Workspace workspace;
  double* const first = workspace.array<double>(100);
  std::fill_n(first, 100, 1.5);
  std::uint8_t* const second = workspace.array<std::uint8_t>(1);
  *second = 7;
  float* const third = workspace.array<float>(100000);  // more than there is so far
  std::fill_n(third, 100000, 2.5f);
  CHECK(std::count(first, first + 100, 1.5) == 100);
  CHECK(*second == 7);
  for (const void* array : {static_cast<const void*>(first), static_cast<const void*>(second),
                            static_cast<const void*>(third)})
    CHECK(reinterpret_cast<std::uintptr_t>(array) % 64 == 0);
}

TEST_CASE("what a workspace has once held, it holds again in the same memory") {
  Workspace workspace;
  const auto fill = [&] {
    std::byte* const first = workspace.array<std::byte>(1000);
    for (int i = 0; i < 50; ++i) workspace.array<int>(500);
    return first;
  };
  fill();
  workspace.clear();
  std::byte* const first = fill();
  for (int times = 0; times < 3; ++times) {
    workspace.clear();
    CHECK(fill() == first);
  }
}
