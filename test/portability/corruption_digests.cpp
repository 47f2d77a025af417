// The bytes of every corruption in one line each: the same for any processor and compiler flags.
//
//   corruption_digests FILE            compares with the lines of FILE
//   corruption_digests --write FILE    writes them
//
// Built for the oldest processor and for this one.
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "data/corruptions/corruptions.h"
#include "kernels/base/check.h"
#include "test/data/some_images.h"

namespace {

using namespace data::corruptions;

// FNV-1a.
std::string digest(const std::vector<std::uint8_t>& bytes) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3u;
  char text[20];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

// Of a picture that is smooth and of one that is noise, neither a power of two nor square.
std::vector<std::string> lines() {
  data::Images images = test::random_images(2, 44, 57);
  for (int y = 0; y < 44; ++y)
    for (int x = 0; x < 57; ++x)
      for (int c = 0; c < 3; ++c)
        images.pixels[static_cast<std::size_t>((y * 57 + x) * 3 + c)] =
            static_cast<std::uint8_t>(30 + 4 * y + (c - 1) * x + (x / 9 % 2) * 20);
  std::vector<std::string> result;
  std::vector<std::uint8_t> out(images.pixels.size());
  for (const std::string& kind : kind_names())
    for (const std::string& preset : preset_names())
      for (int severity = 1; severity <= kSeverities; ++severity) {
        for (int i = 0; i < 2; ++i)
          corrupt(images.image(i), {44, 57}, {*find_kind(kind), severity, *find_preset(preset)}, 3,
                  static_cast<std::uint32_t>(i), FrostTextures::procedural(),
                  out.data() + static_cast<std::size_t>(i) * images.image_size());
        result.push_back(kernels::text(kind, " ", preset, " ", severity, " ", digest(out)));
      }
  return result;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string last = count > 1 ? arguments[count - 1] : "";
  if (count == 3 && std::string(arguments[1]) == "--write") {
    std::ofstream file(last);
    for (const std::string& line : lines()) file << line << '\n';
    return file.flush() ? 0 : 1;
  }
  std::ifstream file(last);
  int different = 0;
  for (const std::string& line : lines()) {
    std::string expected;
    std::getline(file, expected);
    if (line == expected) continue;
    std::printf("expected '%s', got '%s'\n", expected.c_str(), line.c_str());
    ++different;
  }
  return different == 0 ? 0 : 1;
}
