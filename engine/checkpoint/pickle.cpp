#include "engine/checkpoint/pickle.h"

#include <bit>
#include <cstring>
#include <map>
#include <utility>

#include "engine/checkpoint/printable.h"
#include "kernels/base/check.h"

namespace engine {

using Kind = PickleValue::Kind;

// The stack machine that a pickle is a program of.
class PickleReader {
 public:
  PickleReader(std::span<const std::byte> bytes, const std::set<std::string>& globals,
               const std::string& file)
      : bytes_(bytes), globals_(globals), file_(file) {}

  Pickle run() {
    while (!pickle_.root_) step(number<std::uint8_t>());
    return std::move(pickle_);
  }

 private:
  // Of a state_dict some thirty values are one tensor.
  static constexpr std::size_t kMostValues = 1'000'000;

  template <class... Parts>
  void require(bool fine, const Parts&... parts) const {
    CHECK(fine, file_, ": byte ", at_, " of its pickle: ", parts...);
  }

  std::span<const std::byte> take(std::size_t size) {
    require(size <= bytes_.size() - at_, "cut short");
    at_ += size;
    return bytes_.subspan(at_ - size, size);
  }
  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::string text(std::size_t size) {
    const auto letters = take(size);
    return {reinterpret_cast<const char*>(letters.data()), size};
  }
  std::string line() {
    std::string letters;
    for (char letter; (letter = static_cast<char>(number<std::uint8_t>())) != '\n';)
      letters += letter;
    return letters;
  }
  std::int64_t long_integer() {
    const auto size = number<std::uint8_t>();
    require(size <= 8, "expected an integer of at most 8 bytes, got ", int{size});
    std::uint64_t value = 0;
    const auto digits = take(size);
    for (std::size_t i = 0; i < size; ++i)
      value |= static_cast<std::uint64_t>(digits[i]) << (8 * i);
    if (size == 0) return 0;
    const int unused = 64 - 8 * size;  // the sign is that of the highest byte
    return static_cast<std::int64_t>(value << unused) >> unused;
  }
  double real() {
    std::uint64_t bits = 0;
    for (const std::byte byte : take(8)) bits = bits << 8 | static_cast<std::uint64_t>(byte);
    return std::bit_cast<double>(bits);
  }

  void push(PickleValue value) {
    require(pickle_.values_.size() < kMostValues, "it holds too many values for a state_dict");
    pickle_.values_.push_back(std::move(value));
    stack_.push_back(&pickle_.values_.back());
  }
  void push_integer(std::int64_t value) { push({.kind = Kind::Integer, .integer = value}); }
  void push_boolean(bool value) { push({.kind = Kind::Boolean, .integer = value}); }

  // The values above the last mark belong together.
  std::size_t bottom() const { return marks_.empty() ? 0 : marks_.back(); }
  PickleValue* top() const {
    require(stack_.size() > bottom(), "its stack is empty");
    return stack_.back();
  }
  PickleValue* pop() {
    PickleValue* const value = top();
    stack_.pop_back();
    return value;
  }
  std::vector<const PickleValue*> pop(std::size_t count) {
    require(stack_.size() - bottom() >= count, "its stack is empty");
    const auto first = stack_.end() - static_cast<std::ptrdiff_t>(count);
    std::vector<const PickleValue*> values(first, stack_.end());
    stack_.erase(first, stack_.end());
    return values;
  }
  std::vector<const PickleValue*> pop_to_mark() {
    require(!marks_.empty(), "there is no mark");
    auto values = pop(stack_.size() - marks_.back());
    marks_.pop_back();
    return values;
  }
  void push_tuple(std::vector<const PickleValue*> items) {
    push({.kind = Kind::Tuple, .items = std::move(items)});
  }

  void extend(Kind kind, const std::vector<const PickleValue*>& items) {
    PickleValue* const whole = top();
    require(whole->kind == kind, "what it adds to is no ",
            kind == Kind::List ? "list" : "dictionary");
    require(kind == Kind::List || items.size() % 2 == 0, "a key has no value");
    whole->items.insert(whole->items.end(), items.begin(), items.end());
  }

  void global() {
    const std::string module = line(), name = module + "." + line();
    require(name == kOrderedDict || globals_.contains(name), "it names ", printable(name),
            ", which is no part of a state_dict; save that alone");
    push({.kind = Kind::Global, .text = name});
  }
  void call() {
    const PickleValue *const arguments = pop(), *const called = pop();
    require(called->kind == Kind::Global && arguments->kind == Kind::Tuple,
            "it calls what cannot be called");
    if (called->text == kOrderedDict && arguments->items.empty())
      push({.kind = Kind::Dictionary});
    else
      push({.kind = Kind::Call, .items = {called, arguments}});
  }
  // Attributes of an OrderedDict, such as a state_dict's _metadata, are left out.
  void build() {
    pop();
    require(top()->kind == Kind::Dictionary, "it sets attributes of what is no dictionary");
  }

  void remember(std::uint32_t key) { memo_[key] = top(); }
  void recall(std::uint32_t key) {
    const auto found = memo_.find(key);
    require(found != memo_.end(), "it recalls value ", key, ", which it never stored");
    stack_.push_back(found->second);
  }

  void protocol() {
    const int version = number<std::uint8_t>();
    require(version == 2, "expected protocol 2, torch.save's own, got ", version);
  }
  void stop() {
    pickle_.root_ = pop();
    require(stack_.empty() && marks_.empty(), "it ends with values left over");
  }

  void step(std::uint8_t operation) {
    switch (operation) {
      case 0x80:
        return protocol();
      case '.':
        return stop();
      case '(':
        return marks_.push_back(stack_.size());
      case 'N':
        return push({});
      case 0x88:
        return push_boolean(true);
      case 0x89:
        return push_boolean(false);
      case 'J':
        return push_integer(number<std::int32_t>());
      case 'K':
        return push_integer(number<std::uint8_t>());
      case 'M':
        return push_integer(number<std::uint16_t>());
      case 0x8a:
        return push_integer(long_integer());
      case 'G':
        return push({.kind = Kind::Real, .real = real()});
      case 'X':
        return push({.kind = Kind::Text, .text = text(number<std::uint32_t>())});
      case ']':
        return push({.kind = Kind::List});
      case '}':
        return push({.kind = Kind::Dictionary});
      case ')':
        return push_tuple({});
      case 0x85:
        return push_tuple(pop(1));
      case 0x86:
        return push_tuple(pop(2));
      case 0x87:
        return push_tuple(pop(3));
      case 't':
        return push_tuple(pop_to_mark());
      case 'a':
        return extend(Kind::List, pop(1));
      case 'e':
        return extend(Kind::List, pop_to_mark());
      case 's':
        return extend(Kind::Dictionary, pop(2));
      case 'u':
        return extend(Kind::Dictionary, pop_to_mark());
      case 'c':
        return global();
      case 'R':
        return call();
      case 'b':
        return build();
      case 'Q':
        return push({.kind = Kind::Persistent, .items = {pop()}});
      case 'q':
        return remember(number<std::uint8_t>());
      case 'r':
        return remember(number<std::uint32_t>());
      case 'h':
        return recall(number<std::uint8_t>());
      case 'j':
        return recall(number<std::uint32_t>());
      default:
        require(false, "expected what torch.save writes, got operation ", int{operation});
    }
  }

  static constexpr const char* kOrderedDict = "collections.OrderedDict";

  std::span<const std::byte> bytes_;
  const std::set<std::string>& globals_;
  const std::string& file_;
  std::size_t at_ = 0;
  Pickle pickle_;
  std::vector<PickleValue*> stack_;
  std::vector<std::size_t> marks_;  // heights of the stack
  std::map<std::uint32_t, PickleValue*> memo_;
};

Pickle Pickle::read(std::span<const std::byte> bytes, const std::set<std::string>& globals,
                    const std::string& file) {
  return PickleReader(bytes, globals, file).run();
}

}  // namespace engine
