#include "engine/checkpoint/zip.h"

#include <array>
#include <cstdint>
#include <cstring>

#include "engine/checkpoint/printable.h"
#include "kernels/base/check.h"

namespace engine {
namespace {

using std::uint16_t, std::uint32_t, std::uint64_t;
using Bytes = std::span<const std::byte>;

// What records begin with.
constexpr uint32_t kMember = 0x04034b50, kEntry = 0x02014b50, kEnd = 0x06054b50,
                   kEnd64 = 0x06064b50, kLocator64 = 0x07064b50;

constexpr std::array<uint32_t, 256> kCrcTable = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    table[i] = i;
    for (int bit = 0; bit < 8; ++bit)
      table[i] = (table[i] >> 1) ^ (table[i] & 1 ? 0xedb88320u : 0u);
  }
  return table;
}();

uint32_t crc32(Bytes bytes) {
  uint32_t crc = ~0u;
  for (const std::byte byte : bytes)
    crc = kCrcTable[(crc ^ static_cast<uint32_t>(byte)) & 255] ^ (crc >> 8);
  return ~crc;
}

class Archive {
 public:
  Archive(Bytes bytes, const std::string& file) : bytes_(bytes), file_(file) {}

  ZipMembers members() const {
    const Directory directory = find_directory();
    ZipMembers members;
    uint64_t at = directory.begin, total = 0;
    for (uint64_t i = 0; i < directory.count; ++i) {
      const Entry entry = entry_at(at);
      at = entry.end;
      total += part(entry.begin, entry.size).size();
      CHECK(total <= bytes_.size(), file_, ": damaged: its members overlap");
      CHECK(members.emplace(entry.name, contents(entry)).second, file_, ": two members are named ",
            printable(entry.name));
    }
    return members;
  }

 private:
  struct Directory {
    uint64_t begin, count;
  };
  struct Entry {
    std::string name;
    uint64_t size, begin, end;  // begin: of the member; end: of this entry
    uint32_t crc;
  };

  Bytes part(uint64_t begin, uint64_t size) const {
    CHECK(begin <= bytes_.size() && size <= bytes_.size() - begin, file_,
          ": cut short or damaged: of its ", bytes_.size(), " bytes it names ", size, " at byte ",
          begin);
    return bytes_.subspan(begin, size);
  }

  template <class T>
  T number(uint64_t at) const {
    T value;
    std::memcpy(&value, part(at, sizeof value).data(), sizeof value);
    return value;
  }

  void expect(uint32_t signature, uint64_t at, const char* what) const {
    CHECK(number<uint32_t>(at) == signature, file_, ": damaged: there is no ", what, " at byte ",
          at);
  }

  // The last record, behind which there is only a comment, says where the directory is.
  Directory find_directory() const {
    constexpr uint64_t kEndSize = 22, kLongestComment = 65535;
    const uint64_t size = bytes_.size();
    for (uint64_t back = kEndSize; back <= size && back <= kEndSize + kLongestComment; ++back) {
      const uint64_t at = size - back;
      if (number<uint32_t>(at) != kEnd || number<uint16_t>(at + 20) != back - kEndSize) continue;
      if (at < 20 || number<uint32_t>(at - 20) != kLocator64)
        return {number<uint32_t>(at + 16), number<uint16_t>(at + 10)};
      const uint64_t end64 = number<uint64_t>(at - 12);
      expect(kEnd64, end64, "end of a directory");
      return {number<uint64_t>(end64 + 48), number<uint64_t>(end64 + 32)};
    }
    throw kernels::Error(file_ + ": not a zip archive, or cut short");
  }

  Entry entry_at(uint64_t at) const {
    expect(kEntry, at, "entry of the directory");
    const auto flags = number<uint16_t>(at + 8), method = number<uint16_t>(at + 10),
               name_size = number<uint16_t>(at + 28), extra_size = number<uint16_t>(at + 30),
               comment_size = number<uint16_t>(at + 32);
    const Bytes name = part(at + 46, name_size);
    Entry entry{.name = {reinterpret_cast<const char*>(name.data()), name.size()},
                .size = number<uint32_t>(at + 24),
                .begin = number<uint32_t>(at + 42),
                .end = at + 46 + name_size + extra_size + comment_size,
                .crc = number<uint32_t>(at + 16)};
    uint64_t stored = number<uint32_t>(at + 20);
    const uint64_t extra = at + 46 + name_size;
    read_wide_sizes(extra, extra + extra_size, {&entry.size, &stored, &entry.begin});
    CHECK(!(flags & 1), file_, ": its member ", printable(entry.name), " is encrypted");
    CHECK(method == 0 && stored == entry.size, file_, ": its member ", printable(entry.name),
          " is compressed; expected it stored, as torch.save does");
    return entry;
  }

  // Numbers that do not fit into 32 bits are all ones there and stand in an extra field, in order.
  void read_wide_sizes(uint64_t at, uint64_t end, std::array<uint64_t*, 3> numbers) const {
    for (uint64_t next; end - at >= 4; at = next) {
      next = at + 4 + number<uint16_t>(at + 2);
      CHECK(next <= end, file_, ": damaged: an extra field at byte ", at, " is too long");
      if (number<uint16_t>(at) != 1) continue;
      uint64_t place = at + 4;
      for (uint64_t* value : numbers) {
        if (*value != UINT32_MAX) continue;
        CHECK(place + 8 <= next, file_, ": damaged: an extra field at byte ", at, " is too short");
        *value = number<uint64_t>(place);
        place += 8;
      }
    }
  }

  Bytes contents(const Entry& entry) const {
    part(entry.begin, 30);
    expect(kMember, entry.begin, "member");
    const uint64_t head =
        uint64_t{30} + number<uint16_t>(entry.begin + 26) + number<uint16_t>(entry.begin + 28);
    const Bytes bytes = part(entry.begin + head, entry.size);
    CHECK(crc32(bytes) == entry.crc, file_, ": damaged: its member ", printable(entry.name),
          " does not have the checksum that it was written with");
    return bytes;
  }

  Bytes bytes_;
  const std::string& file_;
};

}  // namespace

ZipMembers read_zip(Bytes archive, const std::string& file) {
  return Archive(archive, file).members();
}

}  // namespace engine
