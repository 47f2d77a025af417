#include "engine/checkpoint/zip.h"

#include "kernels/base/check.h"
#include "test/engine/checkpoint/zip_of.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

namespace {

using test::bytes_of;
using test::zip_of;
using test_support::contains;

const test::Members kMembers = {{"a/data.pkl", "pickle"}, {"a/data/0", "12345678"}, {"empty", ""}};

std::string error_of(const std::string& archive) {
  try {
    engine::read_zip(bytes_of(archive), "x.pth");
  } catch (const kernels::Error& error) {
    return error.what();
  }
  return "";
}

// The archive with other bytes at a place.
std::string with(std::string archive, std::size_t at, const std::string& bytes) {
  return archive.replace(at, bytes.size(), bytes);
}

}  // namespace

TEST_CASE("zip: every member is a part of the archive") {
  const bool wide = GENERATE(false, true);
  const std::string comment = GENERATE("", "something behind the end");
  std::string archive = zip_of(kMembers, wide);
  const auto comment_size = static_cast<std::uint16_t>(comment.size());
  archive = with(archive, archive.size() - 2, test::little_endian(comment_size)) + comment;
  const engine::ZipMembers members = engine::read_zip(bytes_of(archive), "x.pth");
  REQUIRE(members.size() == kMembers.size());
  for (const auto& [name, content] : kMembers) {
    const auto part = members.at(name);
    CHECK(std::string(reinterpret_cast<const char*>(part.data()), part.size()) == content);
    if (!content.empty()) CHECK(reinterpret_cast<const char*>(part.data()) >= archive.data());
  }
}

TEST_CASE("zip: what is damaged is refused in one line that names the file") {
  const std::string whole = zip_of(kMembers);
  const std::size_t directory = whole.find("PK\1\2"), end = whole.find("PK\5\6");
  struct Case {
    std::string archive, reason;
  };
  const std::uint32_t far = 0xfffffff0;
  const std::vector<Case> cases = {
      {"", "not a zip archive, or cut short"},
      {"PK", "not a zip archive, or cut short"},
      {std::string(100000, 'x'), "not a zip archive, or cut short"},
      {whole.substr(0, end), "not a zip archive, or cut short"},
      {with(whole, end + 16, test::little_endian(far)), "cut short or damaged"},
      {with(whole, end + 10, test::little_endian(std::uint16_t{4})), "entry of the directory"},
      {with(whole, directory + 8, "\1"), "a/data.pkl is encrypted"},
      {with(whole, directory + 10, "\x8"), "a/data.pkl is compressed; expected it stored"},
      {with(whole, directory + 24, test::little_endian(std::uint32_t{5})), "is compressed"},
      {with(whole, directory + 42, test::little_endian(far)), "cut short or damaged"},
      {with(whole, directory + 42, test::little_endian(std::uint32_t{1})), "no member at byte 1"},
      {with(whole, whole.find("345"), "9"), "a/data/0 does not have the checksum"},
      {with(whole, directory + 20, std::string(8, '\x60')), "cut short or damaged"},
      {zip_of({{"twice", "1"}, {"twice", "2"}}), "two members are named twice"},
      {zip_of({{std::string("new\nline\x1b"), "1"}, {std::string("new\nline\x1b"), "2"}}),
       "two members are named new?line?"},
      {with(zip_of(kMembers, true), zip_of(kMembers, true).find("PK\6\6") + 48,
            std::string(8, '\xff')),
       "cut short or damaged"},
  };
  for (const Case& each : cases) {
    const std::string error = error_of(each.archive);
    CHECK_THAT(error, contains("x.pth: ") && contains(each.reason));
    CHECK(error.find('\n') == std::string::npos);
  }

  // Two entries of one member would make much work of a small file.
  const std::string large = zip_of({{"a", std::string(1000, '1')}});
  const std::string entry = large.substr(large.find("PK\1\2"), 47);
  std::string again = large;
  again.insert(large.find("PK\5\6"), with(entry, 46, "b"));
  again = with(again, again.size() - 12, test::little_endian(std::uint16_t{2}));
  CHECK_THAT(error_of(again), contains("its members overlap"));
}

TEST_CASE("zip: whatever is cut off or changed, the answer is right or an error") {
  const std::string whole = zip_of(kMembers, GENERATE(false, true));
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK_THAT(error_of(whole.substr(0, size)), contains("x.pth: "));
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      try {
        for (const auto& [name, part] : engine::read_zip(bytes_of(changed), "x.pth"))
          for (const auto& [known, content] : kMembers)
            if (name == known)
              CHECK(std::string(reinterpret_cast<const char*>(part.data()), part.size()) ==
                    content);
      } catch (const kernels::Error&) {
      }
    }
}
