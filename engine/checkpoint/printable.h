// Text of a foreign file, made fit for one line of an error: at most 80 characters, all of them
// printable ASCII.
#pragma once

#include <string>
#include <string_view>

namespace engine {

inline std::string printable(std::string_view text) {
  constexpr std::size_t kMost = 80;
  std::string shown(text.substr(0, kMost));
  for (char& letter : shown)
    if (letter < ' ' || letter > '~') letter = '?';
  return text.size() > kMost ? shown + "..." : shown;
}

}  // namespace engine
