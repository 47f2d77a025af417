#include "engine/onnx/protobuf.h"

namespace engine {
namespace {

constexpr int kVarint = 0, kLengthDelimited = 2;

std::uint64_t tag(int field, int wire_type) {
  return static_cast<std::uint64_t>(field) << 3 | static_cast<std::uint64_t>(wire_type);
}

}  // namespace

// Seven bits a byte, the lowest first; the eighth says that more follow.
void Message::varint(std::uint64_t value) {
  for (; value >= 128; value >>= 7) data_ += static_cast<char>((value & 127) | 128);
  data_ += static_cast<char>(value);
}

Message& Message::integer(int field, std::int64_t value) {
  varint(tag(field, kVarint));
  varint(static_cast<std::uint64_t>(value));
  return *this;
}

Message& Message::bytes(int field, std::string_view value) {
  varint(tag(field, kLengthDelimited));
  varint(value.size());
  data_ += value;
  return *this;
}

}  // namespace engine
