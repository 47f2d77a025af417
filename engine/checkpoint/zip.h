// The members of a zip archive that holds them without compression, as PyTorch's do.
//
// Source: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3 (records) and 4.5.3 (sizes of 64 bits).
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>

namespace engine {

using ZipMembers = std::map<std::string, std::span<const std::byte>>;

// By name, each a part of `archive`. Every offset, length and checksum is verified; an Error that
// begins with `file` says what is wrong, or which member is compressed.
ZipMembers read_zip(std::span<const std::byte> archive, const std::string& file);

}  // namespace engine
