#include "engine/checkpoint/safetensors.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>

#include "engine/checkpoint/atomic_file.h"
#include "kernels/base/check.h"
#include "test/support/catch.h"
#include "test/support/contains.h"
#include "test/support/temporary_folder.h"

namespace {

namespace fs = std::filesystem;
using engine::Safetensors;
using kernels::Type;
using test_support::contains;

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void put(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// A file with this header and this many bytes of data.
std::string file_of(const std::string& header, std::size_t data) {
  std::string bytes(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + std::string(data, '\1');
}

std::string error_of(const fs::path& path) {
  try {
    Safetensors::read(path);
  } catch (const kernels::Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("safetensors: a round trip keeps names, shapes, types, bytes and metadata") {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path / "a.safetensors";
  const std::vector<float> weight = {1.5f, -2.0f, 0.0f, 1e-40f, 3e38f, 0.1f};
  const std::vector<std::int32_t> count = {-7};
  const std::vector<std::uint8_t> odd = {1, 2, 255};
  const std::vector<kernels::bfloat16> half = {kernels::bfloat16(0.5f), kernels::bfloat16(-3.0f)};
  engine::write_safetensors(path,
                            {{"odd", {3}, Type::UInt8, odd.data()},
                             {"layer1.0.conv1.weight", {2, 3, 1, 1}, Type::Float, weight.data()},
                             {"half", {2}, Type::BFloat16, half.data()},
                             {"count", {}, Type::Int32, count.data()},
                             {"none", {0, 4}, Type::Float, nullptr}},
                            {{"model", "resnet18"}, {"quote", "\"\\\n\xc3\xa9"}});

  const Safetensors file = Safetensors::read(path);
  CHECK(file.names() ==
        std::vector<std::string>{"layer1.0.conv1.weight", "count", "none", "half", "odd"});
  CHECK(file.metadata() == engine::Metadata{{"model", "resnet18"}, {"quote", "\"\\\n\xc3\xa9"}});
  CHECK(file.metadata("model") == "resnet18");
  CHECK(file.shape("layer1.0.conv1.weight") == std::vector<int>{2, 3, 1, 1});
  CHECK(file.elements("layer1.0.conv1.weight") == 6);
  CHECK(std::memcmp(file.floats("layer1.0.conv1.weight"), weight.data(), 24) == 0);
  CHECK(file.shape("count").empty());
  CHECK(file.elements("count") == 1);
  CHECK(*file.ints("count") == -7);
  CHECK(file.elements("none") == 0);
  CHECK(file.type("half") == Type::BFloat16);
  CHECK(std::memcmp(file.data("half"), half.data(), 4) == 0);
  CHECK(file.type("odd") == Type::UInt8);
  CHECK(std::memcmp(file.data("odd"), odd.data(), 3) == 0);
  CHECK(file.has("odd"));
  CHECK_FALSE(file.has("even"));
  CHECK_FALSE(fs::exists(path.string() + ".partial"));

  CHECK_THROWS_WITH(file.floats("even"), contains("a.safetensors") && contains("\"even\""));
  CHECK_THROWS_WITH(file.floats("odd"), contains("\"odd\": expected F32, got U8"));
  CHECK_THROWS_WITH(file.metadata("epoch"), contains("no \"epoch\""));
}

TEST_CASE("safetensors: the bytes are those of the reference implementation") {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path / "b.safetensors";
  const float one = 1.0f;
  engine::write_safetensors(path, {{"x", {1}, Type::Float, &one}}, {});
  const std::string header = R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  REQUIRE(header.size() == 54);
  const std::string expected =
      std::string("\x38\0\0\0\0\0\0\0", 8) + header + "  " + std::string("\x00\x00\x80\x3f", 4);
  CHECK(contents(path) == expected);

  engine::write_safetensors(path, {}, {{"a", "b"}});
  CHECK(contents(path).substr(8) == R"({"__metadata__":{"a":"b"}}      )");
  CHECK(Safetensors::read(path).names().empty());
}

TEST_CASE("safetensors: arrays of foreign files are aligned, unknown types wait until asked for") {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path / "c.safetensors";
  put(path, file_of(R"({"f":{"dtype":"F32","shape":[1],"data_offsets":[3,7]},)"
                    R"("u":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},)"
                    R"("i":{"dtype":"I64","shape":[],"data_offsets":[7,15]}} )",
                    15));
  const Safetensors file = Safetensors::read(path);
  CHECK(reinterpret_cast<std::uintptr_t>(file.floats("f")) % 64 == 0);
  std::uint32_t bits = 0;
  std::memcpy(&bits, file.floats("f"), 4);
  CHECK(bits == 0x01010101u);
  CHECK_THROWS_WITH(file.type("i"), contains("\"i\"") && contains("got I64"));
  CHECK_THROWS_WITH(file.data("i"), contains("got I64"));
}

TEST_CASE("safetensors: whatever is malformed is refused by name") {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path / "d.safetensors";
  struct Case {
    std::string bytes, reason;
  };
  const std::string good = R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  const auto tensor = [](const std::string& fields) { return "{\"x\":{" + fields + "}}"; };
  const std::vector<Case> cases = {
      {"", "only 0 bytes"},
      {"1234567", "only 7 bytes"},
      {std::string("\xff\0\0\0\0\0\0\0{}", 10), "header of 255 bytes in a file of 10"},
      {std::string(16, '\xff'), "header of 18446744073709551615 bytes"},
      {file_of("", 0), "not JSON"},
      {file_of("{\"x\":", 0), "not JSON"},
      {file_of("{} x", 0), "not JSON"},
      {file_of("[1]", 0), "no JSON object"},
      {file_of(good, 7), "\"x\": ends at byte 8 of 7"},
      {file_of(good, 9), "1 bytes after its last tensor"},
      {file_of(R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
               R"("x":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
               2),
       "names \"x\" twice"},
      {file_of(R"({"__metadata__":{"a":"1","a":"2"}})", 0), "names \"a\" twice"},
      {file_of(R"({"__metadata__":{"a":1}})", 0), "\"a\" is no text"},
      {file_of(R"({"__metadata__":[]})", 0), "__metadata__ is no object"},
      {file_of(R"({"x":3})", 0), "expected just dtype, shape and data_offsets"},
      {file_of(tensor(R"("dtype":"F32","shape":[2])"), 0), "expected just dtype"},
      {file_of(tensor(R"("dtype":"F31","shape":[2],"data_offsets":[0,8])"), 8),
       "unknown dtype \"F31\""},
      {file_of(tensor(R"("dtype":1,"shape":[2],"data_offsets":[0,8])"), 8), "dtype is no text"},
      {file_of(tensor(R"("dtype":"F32","shape":2,"data_offsets":[0,8])"), 8), "shape is no list"},
      {file_of(tensor(R"("dtype":"F32","shape":[-2],"data_offsets":[0,8])"), 8), "no whole number"},
      {file_of(tensor(R"("dtype":"F32","shape":[2.0],"data_offsets":[0,8])"), 8),
       "no whole number"},
      {file_of(tensor(R"("dtype":"F32","shape":[2147483648],"data_offsets":[0,8])"), 8),
       "below 2^31"},
      {file_of(tensor(R"("dtype":"F32","shape":[2147483647,2147483647,2147483647],)"
                      R"("data_offsets":[0,8])"),
               8),
       "too large"},
      {file_of(tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0])"), 8), "two whole numbers"},
      {file_of(tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,-8])"), 8),
       "two whole numbers"},
      {file_of(tensor(R"("dtype":"F32","shape":[2],"data_offsets":[8,0])"), 8),
       "end before they begin"},
      {file_of(tensor(R"("dtype":"F32","shape":[3],"data_offsets":[0,8])"), 8),
       "need 12 bytes, its data_offsets have 8"},
      {file_of(tensor(R"("dtype":"BF16","shape":[2],"data_offsets":[0,8])"), 8), "need 4 bytes"},
      {file_of(tensor(R"("dtype":"U8","shape":[2],"data_offsets":[1,3])"), 3), "gap before it"},
      {file_of(R"({"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
               R"("y":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
               3),
       "\"y\": overlaps"},
  };
  for (const Case& refused : cases) {
    put(path, refused.bytes);
    INFO(refused.bytes);
    CHECK_THAT(error_of(path), contains("d.safetensors: ") && contains(refused.reason));
  }
  put(path, file_of(good, 8));
  CHECK(error_of(path) == "no error");
  CHECK_THAT(error_of(folder.path / "absent.safetensors"), contains("cannot be read"));
  CHECK_THAT(error_of(folder.path), contains("cannot be read"));
}

TEST_CASE("safetensors: a write that fails leaves the old file and no partial one") {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path / "e.safetensors";
  put(path, "old");
  const std::vector<float> large(50000, 1.0f);
  const auto write = [&](const fs::path& where) {
    engine::write_safetensors(where, {{"x", {50000}, Type::Float, large.data()}}, {});
  };

  SECTION("a full disk") {
    // A limit on the size of files fails the write just as a full disk would.
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    const rlimit small{4096, limit.rlim_max};
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &small);
    std::string message;
    try {
      write(path);
    } catch (const kernels::Error& error) {
      message = error.what();
    }
    ::setrlimit(RLIMIT_FSIZE, &limit);
    std::signal(SIGXFSZ, handler);
    CHECK_THAT(message, contains("e.safetensors: cannot be written: "));
  }
  SECTION("no such folder") {
    CHECK_THROWS_WITH(write(folder.path / "none" / "e"), contains("cannot be written"));
  }
  SECTION("a file where the folder should be") {
    CHECK_THROWS_WITH(write(path / "e"), contains("cannot be written"));
  }
  SECTION("a folder where the file should be") {
    fs::create_directory(folder.path / "f");
    CHECK_THROWS_WITH(write(folder.path / "f"), contains("f: cannot be written: is no file"));
    CHECK_FALSE(fs::exists(folder.path / "f.partial"));
  }
  SECTION("two tensors of one name") {
    const float x = 0;
    CHECK_THROWS_WITH(engine::write_safetensors(
                          path, {{"x", {1}, Type::Float, &x}, {"x", {1}, Type::Float, &x}}, {}),
                      contains("\"x\""));
    CHECK_THROWS_WITH(engine::write_safetensors(path, {{"__metadata__", {1}, Type::Float, &x}}, {}),
                      contains("__metadata__"));
  }
  SECTION("a name that is not UTF-8") {
    const float x = 0;
    CHECK_THROWS_WITH(engine::write_safetensors(path, {{"\xff", {1}, Type::Float, &x}}, {}),
                      contains("UTF-8"));
  }
  SECTION("no file") {
    const fs::path pipe = folder.path / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK_THROWS_WITH(engine::AtomicFile(pipe), contains("pipe: cannot be written: is no file"));
    CHECK(fs::is_fifo(pipe));
  }
  SECTION("given up half way") {
    engine::AtomicFile file(path);
    file.write("new", 3);
  }
  CHECK(contents(path) == "old");
  CHECK_FALSE(fs::exists(path.string() + ".partial"));
}

TEST_CASE("atomic file: a link stays one, and what it points to is replaced") {
  const test::TemporaryFolder folder;
  const fs::path disk = folder.path / "disk", link = folder.path / "link";
  fs::create_directory(disk);
  put(disk / "file", "old");
  fs::create_symlink("disk/file", link);
  engine::write_file_atomically(link, "new");
  CHECK(fs::is_symlink(link));
  CHECK(contents(disk / "file") == "new");
}
