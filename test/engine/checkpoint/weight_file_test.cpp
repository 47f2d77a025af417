#include "engine/checkpoint/weight_file.h"

#include <cmath>
#include <fstream>
#include <iterator>

#include "engine/checkpoint/pytorch_file.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/checkpoint/zip.h"
#include "kernels/base/check.h"
#include "test/engine/checkpoint/zip_of.h"
#include "test/support/catch.h"
#include "test/support/contains.h"
#include "test/support/temporary_folder.h"

namespace {

namespace fs = std::filesystem;
using engine::WeightArray;
using engine::WeightFile;
using test::bytes_of;
using test_support::contains;
using namespace std::string_literals;

const fs::path kGolden = fs::path(TEST_DIRECTORY) / "golden";

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string error_of(const std::string& bytes) {
  try {
    engine::read_pytorch_file(bytes_of(bytes), "x.pth");
  } catch (const kernels::Error& error) {
    return error.what();
  }
  return "";
}

// A state_dict {"a": tensor} of one storage of floats; each part can be another one.
struct Parts {
  std::string storage = "X\x07\x00\x00\x00storage"s, type = "ctorch\nFloatStorage\n",
              count = "K\x04", offset = "K\x00"s, sizes = "K\x02K\x02\x86",
              strides = "K\x02K\x01\x86", rebuild = "ctorch._utils\n_rebuild_tensor_v2\n",
              key = "X\x01\x00\x00\x00"s + "a", numbers = std::string(16, '\1');
  std::string pickle() const {
    return "\x80\x02}(" + key + rebuild + "((" + storage + type + "X\x01\x00\x00\x00"s + "0" +
           "X\x03\x00\x00\x00"s + "cpu" + count + "tQ" + offset + sizes + strides + "\x89Nt" +
           "Ru.";
  }
  std::string file() const {
    return test::zip_of({{"m/data.pkl", pickle()}, {"m/data/0", numbers}});
  }
};

}  // namespace

// test/golden/weights.py says what is in there, and how it was made.
TEST_CASE("weight file: a state_dict as PyTorch writes it") {
  const WeightFile file = WeightFile::read(kGolden / "weights.pth");
  const auto& arrays = file.arrays();
  std::vector<std::string> names;
  for (const auto& [name, array] : arrays) names.push_back(name);
  CHECK(names == std::vector<std::string>{"bf16", "count", "double", "empty", "half", "parameter",
                                          "part", "plain", "transposed"});

  const auto check = [&](const char* name, const char* dtype, std::vector<int> shape,
                         std::vector<float> expected) {
    INFO(name);
    CHECK(arrays.at(name).dtype == dtype);
    CHECK(arrays.at(name).shape == shape);
    CHECK(to_floats(arrays.at(name)) == expected);
  };
  check("plain", "F32", {2, 3}, {0.5f, -1.5f, 2.0f, 0.0f, 1e-40f, 3e38f});
  check("transposed", "F32", {3, 2}, {1, 4, 2, 5, 3, 6});
  check("part", "F32", {2, 2}, {5, 6, 9, 10});
  check("parameter", "F32", {2}, {7, -7});
  check("double", "F64", {3}, {0.1f, -2.0f, 1e-45f});
  check("half", "F16", {2, 5},
        {1.0f, -2.0f, 0.099975586f, 65504.0f, 5.9604645e-08f, -5.9604645e-08f, 6.09755516e-05f,
         6.1035156e-05f, -0.0f, 0.0f});
  check("bf16", "BF16", {3}, {1.0f, -3.140625f, 9.96921e37f});
  check("empty", "F32", {0, 3}, {});
  CHECK(arrays.at("count").dtype == "I64");
  CHECK(arrays.at("count").shape.empty());
  CHECK_THROWS_WITH(to_floats(arrays.at("count")), contains("got I64"));
  CHECK(std::signbit(to_floats(arrays.at("half"))[8]));
}

TEST_CASE(
    "weight file: safetensors of any floating-point type, names without DataParallel's prefix") {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path / "a.safetensors";
  const std::string header = R"({"module.h":{"dtype":"F16","shape":[2,1],"data_offsets":[8,12]},)"
                             R"("module.d":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})";
  const std::string data = test::little_endian(-0.25) + "\x00\x3c\x00\xc0"s;
  std::ofstream(path, std::ios::binary)
      << test::little_endian(std::uint64_t{header.size()}) << header << data;
  const WeightFile file = WeightFile::read(path);
  CHECK(file.name() == path.string());
  REQUIRE(file.arrays().size() == 2);
  CHECK(to_floats(file.arrays().at("d")) == std::vector<float>{-0.25f});
  CHECK(to_floats(file.arrays().at("h")) == std::vector<float>{1, -2});

  const float one = 1;
  using kernels::Type;
  engine::write_safetensors(
      path, {{"module.a", {1}, Type::Float, &one}, {"b", {1}, Type::Float, &one}}, {});
  CHECK(WeightFile::read(path).arrays().contains("module.a"));  // not all names have it
}

TEST_CASE("weight file: what is no file of weights is refused by name") {
  const test::TemporaryFolder folder;
  CHECK_THROWS_AS(WeightFile::read(folder.path / "none.pth"), kernels::UsageError);
  CHECK_THROWS_WITH(WeightFile::read(folder.path / "none.pth"),
                    contains("none.pth: there is no such file"));
  CHECK_THROWS_AS(WeightFile::read("weights.h5"), kernels::UsageError);
  CHECK_THROWS_WITH(WeightFile::read("weights.h5"),
                    contains("expected weights in a .safetensors, .pth or .pt file"));
  std::ofstream(folder.path / "text.pth") << "not at all an archive";
  CHECK_THROWS_WITH(WeightFile::read(folder.path / "text.pth"),
                    contains("text.pth: not a zip archive"));
}

TEST_CASE("pytorch file: what does not hold together is refused") {
  REQUIRE(error_of(Parts{}.file()) == "");
  REQUIRE(to_floats(engine::read_pytorch_file(bytes_of(Parts{}.file()), "x").at("a")).size() == 4);
  struct Case {
    std::string file, reason;
  };
  const auto wrong = [](auto change) {
    Parts parts;
    change(parts);
    return parts.file();
  };
  const auto tuple = [](const std::string& item) { return item + "\x85"; };
  const std::string wide = "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f";  // 2^63 - 1
  const std::vector<Case> cases = {
      {"\x80\x02\x8a\x0al\xfc\x9c"
       "F\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."s,
       "in the format of PyTorch before 1.6; save it again"},
      {test::zip_of({{"m/code.py", ""}}), "it has no data.pkl"},
      {test::zip_of({{"m/data.pkl", "\x80\x02K\x01."s}}), "expected a state_dict"},
      {test::zip_of({{"m/data.pkl", "\x80\x02}K\x01K\x02s."s}}),
       "a name in its state_dict is no text"},
      {test::zip_of({{"m/data.pkl",
                      "\x80\x02}X\x05\x00\x00\x00"
                      "epochK\x02s."s}}),
       "\"epoch\" is no tensor"},
      {test::zip_of({{"m/data.pkl", Parts{}.pickle()}}), "\"a\": its numbers are missing"},
      {test::zip_of({{"m/byteorder", "big"}, {"m/data.pkl", Parts{}.pickle()}}),
       "byte order: expected little, got big"},
      {wrong([](Parts& p) { p.numbers.pop_back(); }),
       "expected 4 numbers in m/data/0, got 15 bytes"},
      {wrong([](Parts& p) { p.count = "K\x05"; }), "expected 5 numbers in m/data/0, got 16 bytes"},
      {wrong([](Parts& p) {
         p.count = "K\x02";
         p.type = "ctorch\nDoubleStorage\n";
         p.sizes = p.strides = "K\x03\x85";
       }),
       "not within its storage of 2"},
      {wrong([](Parts& p) { p.type = "K\x01"; }), "its storage is of an unknown type"},
      {wrong([](Parts& p) { p.storage = "K\x01"; }), "its storage is none"},
      {wrong([](Parts& p) { p.offset = "K\x01"; }), "not within its storage"},
      {wrong([](Parts& p) { p.offset = "J\xff\xff\xff\xff"; }), "is no whole number"},
      {wrong([](Parts& p) { p.sizes = "K\x02K\x03\x86"; }), "not within its storage"},
      {wrong([](Parts& p) { p.sizes = "K\x02\x85"; }), "it has 1 sizes and 2 strides"},
      {wrong([](Parts& p) { p.sizes = "K\x02"; }), "its sizes or strides are no tuple"},
      {wrong([](Parts& p) { p.strides = "K\x03K\x01\x86"; }), "not within its storage"},
      {wrong([](Parts& p) {
         p.strides = "K\x00K\x00\x86"s;
         p.sizes = "K\x64K\x64\x86";
       }),
       "not within its storage"},
      {wrong([&](Parts& p) {
         p.sizes = tuple(wide);
         p.strides = "K\x00\x85"s;
       }),
       "sizes below 2^31"},
      {wrong([&](Parts& p) {
         p.sizes = "K\x03\x85";
         p.strides = tuple(wide);
       }),
       "not within its storage"},
      {wrong([&](Parts& p) { p.offset = wide; }), "not within its storage"},
      {wrong([](Parts& p) { p.rebuild = "ctorch\nFloatStorage\n"; }), "\"a\" is no tensor"},
      {wrong([](Parts& p) { p.rebuild = "ctorch._utils\n_rebuild_sparse_tensor\n"; }),
       "it names torch._utils._rebuild_sparse_tensor"},
      {wrong([](Parts& p) { p.rebuild = "cos\nsystem\n"; }), "it names os.system"},
  };
  for (const Case& each : cases) {
    const std::string error = error_of(each.file);
    CHECK_THAT(error, contains("x.pth: ") && contains(each.reason));
    CHECK(error.find('\n') == std::string::npos);
  }

  // A stride that is never gone may be anything.
  const std::string once = wrong([&](Parts& p) {
    p.sizes = "K\x01\x85";
    p.strides = tuple(wide);
  });
  CHECK(to_floats(engine::read_pytorch_file(bytes_of(once), "x").at("a")).size() == 1);
}

// Whatever a file says, there is a clean error, or arrays that lie within it.
TEST_CASE("pytorch file: cut off or changed anywhere, it is read or refused") {
  const std::string whole = contents(kGolden / "weights.pth");
  REQUIRE(error_of(whole) == "");
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK_THAT(error_of(whole.substr(0, size)), contains("x.pth: "));

  // Changes of the archive itself its checksums find; those of the pickle get a checksum that fits.
  test::Members members;
  std::size_t pickle = 0;
  for (const auto& [name, part] : engine::read_zip(bytes_of(whole), "x.pth")) {
    if (name.ends_with("data.pkl")) pickle = members.size();
    members.emplace_back(name,
                         std::string(reinterpret_cast<const char*>(part.data()), part.size()));
  }
  REQUIRE(error_of(test::zip_of(members)) == "");
  const std::string original = members[pickle].second;
  long refused = 0, read = 0;
  const auto attempt = [&](const std::string& file) {
    try {
      for (const auto& [name, array] : engine::read_pytorch_file(bytes_of(file), "x.pth")) {
        CHECK(array.elements() < 100);
        if (is_floating_point(array)) to_floats(array);
      }
      ++read;
    } catch (const kernels::Error& error) {
      const std::string message = error.what();
      CHECK((message.starts_with("x.pth: ") && message.find('\n') == std::string::npos));
      ++refused;
    }
  };
  for (std::size_t at = 0; at < original.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      members[pickle].second = original;
      members[pickle].second[at] = static_cast<char>(original[at] ^ (1 << bit));
      attempt(test::zip_of(members));
    }
  for (std::size_t size = 0; size < original.size(); ++size) {
    members[pickle].second = original.substr(0, size);
    attempt(test::zip_of(members));
  }
  CHECK(refused > 1000);
  CHECK(read > 100);
}
