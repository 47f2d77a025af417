// Writes messages of Protocol Buffers: fields, each a number and a value, one after the other.
//
// Source: https://protobuf.dev/programming-guides/encoding
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace engine {

class Message {
 public:
  // Integers and enumerations, of any size.
  Message& integer(int field, std::int64_t value);
  // Texts, bytes, and messages that are already written.
  Message& bytes(int field, std::string_view value);
  Message& message(int field, const Message& value) { return bytes(field, value.data_); }

  const std::string& data() const { return data_; }

 private:
  void varint(std::uint64_t value);

  std::string data_;
};

}  // namespace engine
