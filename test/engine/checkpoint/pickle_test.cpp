#include "engine/checkpoint/pickle.h"

#include "kernels/base/check.h"
#include "test/engine/checkpoint/zip_of.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

namespace {

using engine::Pickle;
using engine::PickleValue;
using test::bytes_of;
using test_support::contains;
using Kind = PickleValue::Kind;
using namespace std::string_literals;

const std::set<std::string> kGlobals = {"torch.FloatStorage"};

Pickle read(const std::string& bytes) { return Pickle::read(bytes_of(bytes), kGlobals, "x.pth"); }

std::string error_of(const std::string& bytes) {
  try {
    read(bytes);
  } catch (const kernels::Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

// As Python prints it: pickle.dumps(value, protocol=2).
TEST_CASE("pickle: values of every kind") {
  // [None, True, False, 1, 300, -2, 2**40, -2**40, 0.1, 'é', (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4),
  // ()]
  const Pickle list = read(
      "\x80\x02]q\x00(N\x88\x89K\x01M,\x01J\xfe\xff\xff\xff\x8a\x06\x00\x00\x00\x00\x00\x01"
      "\x8a\x06\x00\x00\x00\x00\x00\xffG?\xb9\x99\x99\x99\x99\x99\x9aX\x02\x00\x00\x00\xc3\xa9q\x01"
      "K\x01\x85q\x02K\x01K\x02\x86q\x03K\x01K\x02K\x03\x87q\x04(K\x01K\x02K\x03K\x04tq\x05)e."s);
  REQUIRE(list.root().kind == Kind::List);
  const auto& items = list.root().items;
  REQUIRE(items.size() == 15);
  CHECK(items[0]->kind == Kind::None);
  CHECK((items[1]->kind == Kind::Boolean && items[1]->integer == 1));
  CHECK((items[2]->kind == Kind::Boolean && items[2]->integer == 0));
  const std::int64_t integers[] = {1, 300, -2, std::int64_t{1} << 40, -(std::int64_t{1} << 40)};
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(items[3 + i]->kind == Kind::Integer);
    CHECK(items[3 + i]->integer == integers[i]);
  }
  CHECK((items[8]->kind == Kind::Real && items[8]->real == 0.1));
  CHECK((items[9]->kind == Kind::Text && items[9]->text == "\xc3\xa9"));
  const std::size_t sizes[] = {1, 2, 3, 4, 0};
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(items[10 + i]->kind == Kind::Tuple);
    REQUIRE(items[10 + i]->items.size() == sizes[i]);
    if (sizes[i] > 0)
      CHECK(items[10 + i]->items.back()->integer == static_cast<std::int64_t>(sizes[i]));
  }
}

TEST_CASE("pickle: dictionaries, what is stored once, what is kept elsewhere, calls") {
  // OrderedDict({'a': x, 'b': [x]}) where x is kept elsewhere; then attributes of the dictionary.
  const Pickle dictionary = read(
      "\x80\x02"
      "ccollections\nOrderedDict\nq\x00)Rq\x01(X\x01\x00\x00\x00"
      "aX\x01\x00\x00\x00xQq\x02X\x01\x00\x00\x00"
      "b]h\x02"
      "au}X\x01\x00\x00\x00mK\x01sb."s);
  REQUIRE(dictionary.root().kind == Kind::Dictionary);
  const auto& items = dictionary.root().items;
  REQUIRE(items.size() == 4);
  CHECK(items[0]->text == "a");
  CHECK((items[1]->kind == Kind::Persistent && items[1]->items[0]->text == "x"));
  CHECK(items[3]->items[0] == items[1]);

  const Pickle call = read(
      "\x80\x02"
      "ctorch\nFloatStorage\nK\x05\x85R."s);
  REQUIRE(call.root().kind == Kind::Call);
  CHECK(call.root().items[0]->text == "torch.FloatStorage");
  CHECK(call.root().items[1]->items[0]->integer == 5);
}

TEST_CASE("pickle: a list that holds itself is read, and released") {
  const Pickle list = read(
      "\x80\x02]q\x00h\x00"
      "a."s);
  CHECK(list.root().items[0] == &list.root());
}

TEST_CASE("pickle: what asks for anything else is refused by name") {
  struct Case {
    std::string bytes, reason;
  };
  const std::vector<Case> cases = {
      // os.system("true"), as pickle.dumps writes it.
      {"\x80\x02"
       "cposix\nsystem\nq\x00X\x04\x00\x00\x00trueq\x01\x85q\x02Rq\x03."s,
       "it names posix.system, which is no part of a state_dict"},
      {"\x80\x02"
       "c\x1b[31m\nx\n."s,
       "it names ?[31m.x"},
      {"\x80\x04N."s, "expected protocol 2, torch.save's own, got 4"},
      {"cposix"s, "cut short"},
      {""s, "byte 0 of its pickle: cut short"},
      {"X\xff\xff\xff\xffx"s, "cut short"},
      {"I1\n."s, "got operation 73"},
      {"iposix\nsystem\n."s, "got operation 105"},
      {"."s, "its stack is empty"},
      {"(."s, "its stack is empty"},
      {"NN."s, "values left over"},
      {"t."s, "there is no mark"},
      {"N\x86."s, "its stack is empty"},
      {"]Ns."s, "its stack is empty"},
      {"NNNs."s, "no dictionary"},
      {"}(Nu."s, "a key has no value"},
      {"NNa."s, "no list"},
      {"NNR."s, "it calls what cannot be called"},
      {"NNb."s, "it sets attributes of what is no dictionary"},
      {"h\x07."s, "it recalls value 7, which it never stored"},
      {"\x8a\x09"
       "123456789."s,
       "at most 8 bytes, got 9"},
      {std::string(1'100'000, 'N'), "too many values"},
  };
  for (const Case& each : cases)
    CHECK_THAT(error_of(each.bytes),
               contains("x.pth: byte ") && contains(" of its pickle: ") && contains(each.reason));
}
