#include "engine/checkpoint/safetensors.h"

#include <algorithm>
#include <bit>
#include <fstream>
#include <new>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "engine/checkpoint/atomic_file.h"
#include "kernels/base/check.h"

namespace engine {
namespace {

using Json = nlohmann::ordered_json;

static_assert(std::endian::native == std::endian::little,
              "arrays are stored as they are in memory");

constexpr std::size_t kAlignment = 64;
constexpr std::uint64_t kLargestHeader = 100'000'000;  // as the reference implementation
constexpr const char* kMetadataKey = "__metadata__";

const char* dtype_of(kernels::Type type) {
  switch (type) {
    case kernels::Type::Float:
      return "F32";
    case kernels::Type::BFloat16:
      return "BF16";
    case kernels::Type::Int32:
      return "I32";
    case kernels::Type::UInt32:
      return "U32";
    case kernels::Type::UInt8:
      return "U8";
  }
  return "";
}

std::size_t elements_of(const std::vector<int>& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::size_t{1},
                         [](std::size_t product, int size) { return product * size; });
}

std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// JSON in which no object says the same key twice, which the library would let pass.
Json parse_header(const std::string& text, const std::string& file) {
  std::vector<std::set<std::string>> keys;  // of the objects that are open
  const auto watch = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      CHECK(keys.back().insert(key).second, file, ": its header names \"", key, "\" twice");
    }
    return true;
  };
  try {
    return Json::parse(text, watch);
  } catch (const Json::exception&) {
    throw kernels::Error(file + ": not a safetensors file: its header is not JSON");
  }
}

struct Entry {
  std::string name, dtype;
  std::vector<int> shape;
  std::uint64_t elements = 1, begin = 0, end = 0;
};

Entry parse_entry(const std::string& name, const Json& json, const std::string& file) {
  const std::string where = file + ": tensor \"" + name + "\"";
  CHECK(json.is_object() && json.size() == 3 && json.contains("dtype") && json.contains("shape") &&
            json.contains("data_offsets"),
        where, ": expected just dtype, shape and data_offsets");
  Entry entry{name, {}, {}};

  CHECK(json["dtype"].is_string(), where, ": its dtype is no text");
  entry.dtype = json["dtype"].get<std::string>();
  std::uint64_t bytes = bytes_of_dtype(entry.dtype);
  CHECK(bytes > 0, where, ": unknown dtype \"", entry.dtype, "\"");

  CHECK(json["shape"].is_array(), where, ": its shape is no list");
  for (const Json& size : json["shape"]) {
    CHECK(size.is_number_unsigned() && size.get<std::uint64_t>() <= INT32_MAX, where,
          ": its shape has a size that is no whole number below 2^31");
    entry.shape.push_back(size.get<int>());
    entry.elements *= size.get<std::uint64_t>();
    CHECK(!__builtin_mul_overflow(bytes, size.get<std::uint64_t>(), &bytes), where,
          ": its shape is too large");
  }

  const Json& offsets = json["data_offsets"];
  CHECK(offsets.is_array() && offsets.size() == 2 && offsets[0].is_number_unsigned() &&
            offsets[1].is_number_unsigned(),
        where, ": its data_offsets are not two whole numbers");
  entry.begin = offsets[0].get<std::uint64_t>();
  entry.end = offsets[1].get<std::uint64_t>();
  CHECK(entry.begin <= entry.end, where, ": its data_offsets end before they begin");
  CHECK(entry.end - entry.begin == bytes, where, ": its shape and dtype need ", bytes,
        " bytes, its data_offsets have ", entry.end - entry.begin);
  return entry;
}

Metadata parse_metadata(const Json& json, const std::string& file) {
  CHECK(json.is_object(), file, ": ", kMetadataKey, " is no object");
  Metadata metadata;
  for (const auto& [key, value] : json.items()) {
    CHECK(value.is_string(), file, ": ", kMetadataKey, " \"", key, "\" is no text");
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, const std::vector<TensorEntry>& tensors,
                       const Metadata& metadata) {
  std::vector<const TensorEntry*> order;
  std::set<std::string> names;
  for (const TensorEntry& tensor : tensors) {
    CHECK(tensor.name != kMetadataKey && names.insert(tensor.name).second, path.string(),
          ": two tensors would be named \"", tensor.name, "\"");
    order.push_back(&tensor);
  }
  std::stable_sort(order.begin(), order.end(), [](const TensorEntry* a, const TensorEntry* b) {
    return kernels::bytes_of(a->type) > kernels::bytes_of(b->type);
  });

  Json header = Json::object();
  if (!metadata.empty()) header[kMetadataKey] = metadata;
  std::size_t offset = 0;
  for (const TensorEntry* tensor : order) {
    const std::size_t end = offset + elements_of(tensor->shape) * kernels::bytes_of(tensor->type);
    header[tensor->name] = {{"dtype", dtype_of(tensor->type)},
                            {"shape", tensor->shape},
                            {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const Json::exception&) {
    throw kernels::Error(path.string() + ": a name or metadata text is not UTF-8");
  }
  text.append((8 - text.size() % 8) % 8, ' ');
  const std::uint64_t length = text.size();

  AtomicFile file(path);
  file.write(&length, sizeof length);
  file.write(text.data(), text.size());
  for (const TensorEntry* tensor : order) {
    file.write(tensor->data, elements_of(tensor->shape) * kernels::bytes_of(tensor->type));
  }
  file.finish();
}

Safetensors Safetensors::read(const std::filesystem::path& path) {
  const std::string name = path.string();
  std::error_code failure;
  const bool is_folder = std::filesystem::is_directory(std::filesystem::status(path, failure));
  CHECK(!failure, name, ": cannot be read: ", failure.message());
  CHECK(!is_folder, name, ": cannot be read: Is a directory");
  // The size of the file that was opened: a running training may put another one in its place.
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  CHECK(file, name, ": cannot be opened");
  const auto size = static_cast<std::uint64_t>(file.tellg());
  file.seekg(0);

  std::uint64_t length = 0;
  CHECK(size >= 8 && file.read(reinterpret_cast<char*>(&length), 8), name,
        ": not a safetensors file: it has only ", size, " bytes");
  CHECK(length <= kLargestHeader && length <= size - 8, name,
        ": not a safetensors file, or cut short: a header of ", length, " bytes in a file of ",
        size);
  std::string text(length, '\0');
  CHECK(file.read(text.data(), static_cast<std::streamsize>(length)), name, ": cannot be read");
  const Json header = parse_header(text, name);
  CHECK(header.is_object(), name, ": not a safetensors file: its header is no JSON object");

  Safetensors result;
  result.path_ = path;
  std::vector<Entry> entries;
  for (const auto& [key, value] : header.items()) {
    if (key == kMetadataKey) {
      result.metadata_ = parse_metadata(value, name);
    } else {
      entries.push_back(parse_entry(key, value, name));
    }
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });

  std::uint64_t expected = 0;
  std::size_t place = 0;
  const std::uint64_t data_size = size - 8 - length;
  for (const Entry& entry : entries) {
    const std::string where = name + ": tensor \"" + entry.name + "\"";
    CHECK(entry.end <= data_size, where, ": ends at byte ", entry.end, " of ", data_size,
          "; the file is cut short");
    CHECK(entry.begin >= expected, where, ": overlaps the tensor before it");
    CHECK(entry.begin == expected, where, ": there is a gap before it");
    result.index_[entry.name] = result.tensors_.size();
    result.tensors_.push_back({entry.name, entry.dtype, entry.shape, entry.elements, place});
    expected = entry.end;
    place += aligned(entry.end - entry.begin);
  }
  CHECK(expected == data_size, name, ": has ", data_size - expected,
        " bytes after its last tensor");

  constexpr std::align_val_t kArrays{kAlignment};
  const auto storage = std::shared_ptr<std::byte>(
      static_cast<std::byte*>(::operator new(std::max<std::size_t>(place, 1), kArrays)),
      [](std::byte* bytes) { ::operator delete(bytes, kArrays); });
  for (std::size_t i = 0; i < entries.size(); ++i) {
    char* const array = reinterpret_cast<char*>(storage.get() + result.tensors_[i].place);
    const auto bytes = static_cast<std::streamsize>(entries[i].end - entries[i].begin);
    CHECK(file.read(array, bytes), name, ": cannot be read");
  }
  result.storage_ = storage;
  return result;
}

const std::string& Safetensors::metadata(const std::string& key) const {
  const auto found = metadata_.find(key);
  CHECK(found != metadata_.end(), path_.string(), ": its metadata has no \"", key, "\"");
  return found->second;
}

std::vector<std::string> Safetensors::names() const {
  std::vector<std::string> names;
  for (const Tensor& tensor : tensors_) names.push_back(tensor.name);
  return names;
}

bool Safetensors::has(const std::string& name) const { return index_.count(name) != 0; }

const Safetensors::Tensor& Safetensors::find(const std::string& name) const {
  const auto found = index_.find(name);
  CHECK(found != index_.end(), path_.string(), ": has no tensor \"", name, "\" among its ",
        tensors_.size());
  return tensors_[found->second];
}

const std::vector<int>& Safetensors::shape(const std::string& name) const {
  return find(name).shape;
}

std::size_t Safetensors::elements(const std::string& name) const { return find(name).elements; }

kernels::Type Safetensors::type(const std::string& name) const {
  using kernels::Type;
  const Tensor& tensor = find(name);
  for (Type type : {Type::Float, Type::BFloat16, Type::Int32, Type::UInt32, Type::UInt8}) {
    if (tensor.dtype == dtype_of(type)) return type;
  }
  throw kernels::Error(kernels::text(path_.string(), ": tensor \"", name,
                                     "\": expected F32, BF16, I32, U32 or U8, got ", tensor.dtype));
}

WeightArray Safetensors::array(const std::string& name) const {
  const Tensor& tensor = find(name);
  return {
      .dtype = tensor.dtype,
      .shape = tensor.shape,
      .strides = dense_strides(tensor.shape),
      .numbers = {storage_.get() + tensor.place, tensor.elements * bytes_of_dtype(tensor.dtype)}};
}

const void* Safetensors::data(const std::string& name) const {
  type(name);
  return storage_.get() + find(name).place;
}

const void* Safetensors::typed(const std::string& name, kernels::Type wanted) const {
  const Tensor& tensor = find(name);
  CHECK(tensor.dtype == dtype_of(wanted), path_.string(), ": tensor \"", name, "\": expected ",
        dtype_of(wanted), ", got ", tensor.dtype);
  return storage_.get() + tensor.place;
}

const float* Safetensors::floats(const std::string& name) const {
  return static_cast<const float*>(typed(name, kernels::Type::Float));
}

const std::int32_t* Safetensors::ints(const std::string& name) const {
  return static_cast<const std::int32_t*>(typed(name, kernels::Type::Int32));
}

}  // namespace engine
