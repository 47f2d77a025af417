// Zip archives for tests, made as plainly as the format allows.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace test {

using Members = std::vector<std::pair<std::string, std::string>>;  // names and contents

template <class T>
std::string little_endian(T value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

// Bit by bit, as it is defined.
inline std::uint32_t crc_of(const std::string& bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char byte : bytes) {
    crc ^= static_cast<std::uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
  }
  return ~crc;
}

// `wide`: every size and place stands in fields of 64 bits, as in archives of more than 4 GiB.
inline std::string zip_of(const Members& members, bool wide = false) {
  using u16 = std::uint16_t;
  using u32 = std::uint32_t;
  using u64 = std::uint64_t;
  const auto number = [](auto value) { return little_endian(value); };
  std::string archive, directory;
  for (const auto& [name, content] : members) {
    const u64 size = content.size(), place = archive.size();
    const std::string fixed = number(u16{20}) + number(u16{0}) + number(u16{0}) + number(u32{0}) +
                              number(crc_of(content));
    const std::string extra =
        wide ? number(u16{1}) + number(u16{24}) + number(size) + number(size) + number(place) : "";
    const u32 size32 = wide ? 0xffffffff : static_cast<u32>(size);
    const std::string sizes = number(size32) + number(size32);
    archive += number(u32{0x04034b50}) + fixed + sizes + number(static_cast<u16>(name.size())) +
               number(u16{0}) + name + content;
    directory += number(u32{0x02014b50}) + number(u16{20}) + fixed + sizes +
                 number(static_cast<u16>(name.size())) + number(static_cast<u16>(extra.size())) +
                 number(u16{0}) + number(u16{0}) + number(u16{0}) + number(u32{0}) +
                 number(wide ? u32{0xffffffff} : static_cast<u32>(place)) + name + extra;
  }
  const u64 begin = archive.size(), count = members.size(), size = directory.size();
  archive += directory;
  if (wide) {
    const u64 end = archive.size();
    archive += number(u32{0x06064b50}) + number(u64{44}) + number(u16{45}) + number(u16{45}) +
               number(u32{0}) + number(u32{0}) + number(count) + number(count) + number(size) +
               number(begin);
    archive += number(u32{0x07064b50}) + number(u32{0}) + number(end) + number(u32{1});
  }
  const u16 count16 = wide ? 0xffff : static_cast<u16>(count);
  return archive + number(u32{0x06054b50}) + number(u16{0}) + number(u16{0}) + number(count16) +
         number(count16) + number(wide ? u32{0xffffffff} : static_cast<u32>(size)) +
         number(wide ? u32{0xffffffff} : static_cast<u32>(begin)) + number(u16{0});
}

inline std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

}  // namespace test
