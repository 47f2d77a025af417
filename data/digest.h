// Digests, as lower-case hexadecimal text: MD5, by which the published arrays are known (RFC 1321),
// and SHA-256, by which we name files of our own (FIPS 180-4).
#pragma once

#include <string>
#include <string_view>

namespace data {

std::string md5(std::string_view bytes);
std::string md5_of_file(const std::string& path);  // an Error names a file that cannot be read
std::string sha256(std::string_view bytes);

}  // namespace data
