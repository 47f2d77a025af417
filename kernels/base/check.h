// Errors carry one clear line: what was expected, what was found, where a user would mend it.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace kernels {

// The work cannot go on: a broken file, a full disk, shapes that do not fit. Exit code 1.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The command line or a recipe is wrong, and its author can mend it. Exit code 2.
struct UsageError : Error {
  using Error::Error;
};

template <class... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

}  // namespace kernels

// CHECK(channels == 3, "conv1: expected 3 input channels, got ", channels);
#define CHECK(condition, ...)                                               \
  do {                                                                      \
    if (!(condition)) throw ::kernels::Error(::kernels::text(__VA_ARGS__)); \
  } while (false)
