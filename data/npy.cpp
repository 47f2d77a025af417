#include "data/npy.h"

#include <filesystem>
#include <limits>
#include <sstream>

#include "kernels/base/check.h"

namespace data {
namespace {

const std::string kMagic = "\x93NUMPY";
constexpr std::size_t kLongestHeader = 4096;

// The value of a key in a header such as {'descr': '|u1', 'fortran_order': False, 'shape': (2, 3)}:
// text in quotes, numbers in brackets, or a word; empty where there is none.
std::string value_of(const std::string& header, const std::string& key) {
  std::size_t at = header.find("'" + key + "'");
  if (at == std::string::npos) at = header.find('"' + key + '"');
  if (at == std::string::npos) return "";
  at = header.find_first_not_of(" :", at + key.size() + 2);
  if (at == std::string::npos) return "";
  const char first = header[at];
  const bool is_closed = first == '\'' || first == '"' || first == '(';
  const std::size_t end = header.find_first_of(
      is_closed ? std::string(1, first == '(' ? ')' : first) : std::string(",} \n"), at + 1);
  if (end == std::string::npos) return "";
  return header.substr(at, end - at + (is_closed ? 1 : 0));
}

// Of "(2, 3)"; empty where it is anything but whole numbers in brackets.
std::vector<long> parse_shape(const std::string& text) {
  std::vector<long> shape;
  if (text.size() < 2 || text.front() != '(') return {};
  std::istringstream numbers(text.substr(1, text.size() - 2));
  for (std::string part; std::getline(numbers, part, ',');) {
    const std::size_t first = part.find_first_not_of(' ');
    if (first == std::string::npos) continue;  // behind the last comma
    const std::string digits = part.substr(first);
    if (digits.size() > 12 || digits.find_first_not_of("0123456789") != std::string::npos)
      return {};
    shape.push_back(std::stol(digits));
  }
  return shape;
}

}  // namespace

std::string shape_text(const std::vector<long>& shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + (shape.size() == 1 ? ",)" : ")");
}

std::string npy_header(const std::vector<long>& shape) {
  std::string header =
      "{'descr': '|u1', 'fortran_order': False, 'shape': " + shape_text(shape) + ", }";
  const std::size_t before = kMagic.size() + 4;  // two bytes of version, two of length
  header.append(63 - (before + header.size()) % 64, ' ');
  header += '\n';
  const std::size_t size = header.size();
  return kMagic + '\1' + '\0' + static_cast<char>(size & 0xff) + static_cast<char>(size >> 8) +
         header;
}

NpyFile::NpyFile(const std::string& path) : path_(path), file_(path, std::ios::binary) {
  CHECK(file_, path, ": cannot read");
  std::string start(12, '\0');
  file_.read(start.data(), 8);
  CHECK(file_ && start.starts_with(kMagic), path, ": expected a .npy file, which begins with ",
        "\\x93NUMPY");
  const int version = start[6];
  CHECK(version >= 1 && version <= 3, path, ": expected .npy format 1, 2 or 3, got ", version);
  const int length_bytes = version == 1 ? 2 : 4;
  file_.read(start.data() + 8, length_bytes);
  std::size_t length = 0;
  for (int i = length_bytes - 1; i >= 0; --i)
    length = length * 256 + static_cast<unsigned char>(start[8 + static_cast<std::size_t>(i)]);
  CHECK(file_ && length <= kLongestHeader, path, ": expected a header of at most ", kLongestHeader,
        " bytes, got ", length);
  std::string header(length, '\0');
  file_.read(header.data(), static_cast<std::streamsize>(length));
  CHECK(file_, path, ": ends within its header");

  const std::string type = value_of(header, "descr");
  CHECK(type == "'|u1'" || type == "\"|u1\"", path, ": expected bytes ('|u1'), got ",
        type.empty() ? "no type" : type);
  const std::string order = value_of(header, "fortran_order");
  CHECK(order == "False", path, ": expected rows in order (fortran_order False), got ",
        order.empty() ? "no order" : order);
  const std::string shape = value_of(header, "shape");
  shape_ = parse_shape(shape);
  CHECK(!shape_.empty(), path, ": expected a shape of at least one dimension, got ",
        shape.empty() ? "none" : shape);

  begin_ = 8 + length_bytes + static_cast<long>(length);
  long bytes = 1;
  for (std::size_t i = 0; i < shape_.size(); ++i) {
    CHECK(shape_[i] == 0 || bytes <= std::numeric_limits<long>::max() / 2 / shape_[i], path,
          ": a shape of ", shape, " cannot be");
    bytes *= shape_[i];
    if (i > 0) row_bytes_ *= shape_[i];
  }
  const auto size = static_cast<long>(std::filesystem::file_size(path));
  CHECK(size == begin_ + bytes, path, ": expected ", begin_ + bytes, " bytes for a shape of ",
        shape, ", got ", size);
}

void NpyFile::read(long first_row, long rows, std::uint8_t* out) {
  CHECK(first_row >= 0 && rows >= 0 && first_row + rows <= shape_[0], path_, ": rows ", first_row,
        " to ", first_row + rows, " of ", shape_[0]);
  file_.seekg(begin_ + first_row * row_bytes_);
  file_.read(reinterpret_cast<char*>(out), rows * row_bytes_);
  CHECK(file_, path_, ": cannot read");
}

}  // namespace data
