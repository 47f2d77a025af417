// A matcher of text, under one name for Catch2 versions 2 and 3:
// CHECK_THROWS_WITH(call(), contains("cannot be read"));
#pragma once

#include <string>

#include "test/support/catch.h"

namespace test_support {

inline auto contains(const std::string& part) {
#if __has_include(<catch2/catch_all.hpp>)
  return Catch::Matchers::ContainsSubstring(part);
#else
  return Catch::Matchers::Contains(part);
#endif
}

}  // namespace test_support
