#include "engine/checkpoint/pytorch_file.h"

#include <algorithm>
#include <set>

#include "engine/checkpoint/pickle.h"
#include "engine/checkpoint/printable.h"
#include "engine/checkpoint/zip.h"
#include "kernels/base/check.h"

namespace engine {
namespace {

using Bytes = std::span<const std::byte>;
using Kind = PickleValue::Kind;

constexpr const char* kRebuildTensor = "torch._utils._rebuild_tensor_v2";
constexpr const char* kRebuildParameter = "torch._utils._rebuild_parameter";

// Storages, and the types of their numbers as safetensors names them.
const std::map<std::string, std::string>& storage_types() {
  static const std::map<std::string, std::string> kTypes = {
      {"torch.DoubleStorage", "F64"}, {"torch.FloatStorage", "F32"},
      {"torch.HalfStorage", "F16"},   {"torch.BFloat16Storage", "BF16"},
      {"torch.LongStorage", "I64"},   {"torch.IntStorage", "I32"},
      {"torch.ShortStorage", "I16"},  {"torch.CharStorage", "I8"},
      {"torch.ByteStorage", "U8"},    {"torch.BoolStorage", "BOOL"}};
  return kTypes;
}

std::set<std::string> known_globals() {
  std::set<std::string> names = {kRebuildTensor, kRebuildParameter};
  for (const auto& [name, dtype] : storage_types()) names.insert(name);
  return names;
}

bool begins_with(Bytes bytes, std::initializer_list<int> start) {
  return bytes.size() >= start.size() &&
         std::equal(start.begin(), start.end(), bytes.begin(),
                    [](int a, std::byte b) { return a == static_cast<int>(b); });
}

// What PyTorch wrote before 1.6: pickles one after the other, the first of which is a number.
void refuse_old_format(Bytes bytes, const std::string& file) {
  CHECK(!begins_with(
            bytes, {0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19}),
        file,
        ": in the format of PyTorch before 1.6; save it again with a newer one: python3 -c "
        "\"import torch; torch.save(torch.load('OLD.pth', map_location='cpu'), 'NEW.pth')\"");
}

class StateDict {
 public:
  StateDict(const ZipMembers& members, std::string folder, const std::string& file)
      : members_(members), folder_(std::move(folder)), file_(file) {}

  std::map<std::string, WeightArray> read() const {
    check_byte_order();
    const Pickle pickle = Pickle::read(members_.at(folder_ + "data.pkl"), known_globals(), file_);
    const PickleValue& dictionary = find_dictionary(pickle.root());
    std::map<std::string, WeightArray> arrays;
    for (std::size_t i = 0; i + 1 < dictionary.items.size(); i += 2) {
      const PickleValue &key = *dictionary.items[i], &value = *dictionary.items[i + 1];
      CHECK(key.kind == Kind::Text, file_, ": a name in its state_dict is no text");
      CHECK(
          arrays.emplace(key.text, array_of(value, kernels::text("\"", printable(key.text), "\"")))
              .second,
          file_, ": two tensors are named \"", printable(key.text), "\"");
    }
    return arrays;
  }

 private:
  void check_byte_order() const {
    const auto order = members_.find(folder_ + "byteorder");
    if (order == members_.end()) return;
    const std::string text(reinterpret_cast<const char*>(order->second.data()),
                           order->second.size());
    CHECK(text == "little", file_, ": byte order: expected little, got ", printable(text));
  }

  const PickleValue& find_dictionary(const PickleValue& root) const {
    CHECK(root.kind == Kind::Dictionary, file_, ": expected a state_dict, got ",
          root.kind == Kind::Call ? "a single tensor" : "something else");
    for (std::size_t i = 0; i + 1 < root.items.size(); i += 2)
      for (const char* name : {"state_dict", "model_state_dict", "model"})
        if (root.items[i]->text == name && root.items[i + 1]->kind == Kind::Dictionary)
          return *root.items[i + 1];
    return root;
  }

  static bool calls(const PickleValue& value, const char* function) {
    return value.kind == Kind::Call && value.items[0]->text == function;
  }

  // The arguments of a call, at least `least` of them.
  const std::vector<const PickleValue*>& arguments(const PickleValue& call, std::size_t least,
                                                   const std::string& name) const {
    const auto& items = call.items[1]->items;
    CHECK(items.size() >= least, file_, ": ", name, ": expected ", least,
          " arguments of a tensor, got ", items.size());
    return items;
  }

  // A Parameter is a tensor, too.
  WeightArray array_of(const PickleValue& value, const std::string& name) const {
    const PickleValue* tensor = &value;
    if (calls(value, kRebuildParameter)) tensor = arguments(value, 1, name)[0];
    CHECK(calls(*tensor, kRebuildTensor), file_, ": ", name,
          " is no tensor; expected a state_dict, alone or below the key \"state_dict\", ",
          "\"model_state_dict\" or \"model\"");
    const auto& given = arguments(*tensor, 4, name);
    WeightArray array = storage_of(*given[0], name);
    const std::size_t unit = bytes_of_dtype(array.dtype), count = array.numbers.size() / unit;
    const std::uint64_t offset = number_of(*given[1], name);
    for (const std::uint64_t extent : numbers_of(*given[2], name)) {
      CHECK(extent <= INT32_MAX, file_, ": ", name, ": expected sizes below 2^31, got ", extent);
      array.shape.push_back(static_cast<int>(extent));
    }
    for (const std::uint64_t stride : numbers_of(*given[3], name))
      array.strides.push_back(static_cast<std::int64_t>(stride));
    CHECK(array.strides.size() == array.shape.size(), file_, ": ", name, ": it has ",
          array.shape.size(), " sizes and ", array.strides.size(), " strides");
    CHECK(fits(array, offset, count), file_, ": ", name, ": it is not within its storage of ",
          count, " numbers");
    for (std::size_t i = 0; i < array.shape.size(); ++i)
      if (array.shape[i] <= 1) array.strides[i] = 0;  // may be anything, and is never gone
    array.numbers = array.numbers.subspan(std::min<std::size_t>(offset, count) * unit);
    return array;
  }

  // Whether every element is in a storage of `count`, and there are no more than that: a small file
  // must not become a large array.
  static bool fits(const WeightArray& array, std::uint64_t offset, std::uint64_t count) {
    std::uint64_t last = offset, elements = 1;
    for (const int extent : array.shape)
      if (__builtin_mul_overflow(elements, static_cast<std::uint64_t>(extent), &elements))
        return false;
    if (elements == 0) return true;
    for (std::size_t i = 0; i < array.shape.size(); ++i) {
      std::uint64_t reach = 0;
      if (__builtin_mul_overflow(static_cast<std::uint64_t>(array.shape[i] - 1),
                                 static_cast<std::uint64_t>(array.strides[i]), &reach) ||
          __builtin_add_overflow(last, reach, &last))
        return false;
    }
    return elements <= count && last < count;
  }

  // ("storage", torch.FloatStorage, KEY, location, numbers)
  WeightArray storage_of(const PickleValue& value, const std::string& name) const {
    const PickleValue* const id = value.kind == Kind::Persistent ? value.items[0] : &value;
    CHECK(value.kind == Kind::Persistent && id->kind == Kind::Tuple && id->items.size() >= 5 &&
              id->items[0]->text == "storage" && id->items[2]->kind == Kind::Text,
          file_, ": ", name, ": what should be its storage is none");
    const auto type = storage_types().find(id->items[1]->text);
    CHECK(id->items[1]->kind == Kind::Global && type != storage_types().end(), file_, ": ", name,
          ": its storage is of an unknown type");
    const std::string member = folder_ + "data/" + id->items[2]->text;
    const auto found = members_.find(member);
    CHECK(found != members_.end(), file_, ": ", name, ": its numbers are missing; there is no ",
          printable(member));
    const std::uint64_t count = number_of(*id->items[4], name);
    const std::size_t unit = bytes_of_dtype(type->second), size = found->second.size();
    CHECK(size % unit == 0 && size / unit == count, file_, ": ", name, ": expected ", count,
          " numbers in ", printable(member), ", got ", size, " bytes");
    return {.dtype = type->second, .shape = {}, .strides = {}, .numbers = found->second};
  }

  std::uint64_t number_of(const PickleValue& value, const std::string& name) const {
    CHECK(value.kind == Kind::Integer && value.integer >= 0, file_, ": ", name,
          ": a size, stride or place of it is no whole number");
    return static_cast<std::uint64_t>(value.integer);
  }
  std::vector<std::uint64_t> numbers_of(const PickleValue& value, const std::string& name) const {
    CHECK(value.kind == Kind::Tuple, file_, ": ", name, ": its sizes or strides are no tuple");
    std::vector<std::uint64_t> numbers;
    for (const PickleValue* item : value.items) numbers.push_back(number_of(*item, name));
    return numbers;
  }

  const ZipMembers& members_;
  std::string folder_;
  const std::string& file_;
};

}  // namespace

std::map<std::string, WeightArray> read_pytorch_file(Bytes bytes, const std::string& file) {
  refuse_old_format(bytes, file);
  const ZipMembers members = read_zip(bytes, file);
  constexpr std::string_view kPickle = "/data.pkl";
  for (const auto& [name, unused] : members)
    if (name.ends_with(kPickle))
      return StateDict(members, name.substr(0, name.size() - kPickle.size() + 1), file).read();
  throw kernels::Error(file + ": not a file of torch.save: it has no data.pkl");
}

}  // namespace engine
