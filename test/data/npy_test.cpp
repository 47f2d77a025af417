#include "data/npy.h"

#include "kernels/base/check.h"
#include "test/support/catch.h"
#include "test/support/contains.h"
#include "test/support/temporary_folder.h"

using namespace data;
using test_support::contains;

namespace {

// Version 1.0 with this header, whatever it is, and this many bytes behind it.
std::string npy(const std::string& header, std::size_t bytes) {
  return std::string("\x93NUMPY\1\0", 8) + static_cast<char>(header.size()) + '\0' + header +
         std::string(bytes, 'x');
}

}  // namespace

TEST_CASE("npy: the header is NumPy's") {
  const std::string header = npy_header({50000, 32, 32, 3});
  CHECK(header.size() == 128);
  CHECK(header.substr(0, 10) == std::string("\x93NUMPY\1\0\x76\0", 10));
  CHECK(header.substr(10, 76) ==
        "{'descr': '|u1', 'fortran_order': False, 'shape': (50000, 32, 32, 3), }     ");
  CHECK(header.back() == '\n');
  CHECK(npy_header({50000}).find("'shape': (50000,), }") != std::string::npos);
  CHECK(npy_header({50000}).size() == 128);
}

TEST_CASE("npy: rows are read where they are") {
  const test::TemporaryFolder folder;
  std::string bytes;
  for (int i = 0; i < 24; ++i) bytes += static_cast<char>(i);
  NpyFile file(folder.file("a.npy", npy_header({4, 2, 3}) + bytes));
  CHECK(file.shape() == std::vector<long>{4, 2, 3});
  CHECK((file.rows() == 4 && file.row_bytes() == 6));
  std::uint8_t rows[12];
  file.read(2, 2, rows);
  CHECK((rows[0] == 12 && rows[11] == 23));
  file.read(1, 1, rows);
  CHECK(rows[0] == 6);
  CHECK_THROWS_WITH(file.read(3, 2, rows), contains("a.npy: rows 3 to 5 of 4"));
}

TEST_CASE("npy: other writers' headers are read") {
  const test::TemporaryFolder folder;
  // NumPy before 1.14 padded to 16 bytes; format 2 has a longer length.
  const std::string old = "{'descr': '|u1', 'fortran_order': False, 'shape': (7,), }          \n";
  CHECK(NpyFile(folder.file("old.npy", npy(old, 7))).rows() == 7);
  const std::string other = R"({"shape": (2, 3), "fortran_order": False, "descr": "|u1"})";
  CHECK(NpyFile(folder.file("other.npy", npy(other, 6))).row_bytes() == 3);
  const std::string second = std::string("\x93NUMPY\2\0", 8) + static_cast<char>(old.size()) +
                             std::string(3, '\0') + old + "1234567";
  CHECK(NpyFile(folder.file("second.npy", second)).rows() == 7);
}

TEST_CASE("npy: what cannot be read is refused by name") {
  const test::TemporaryFolder folder;
  const auto refuse = [&](const std::string& content, const std::string& part) {
    const std::string path = folder.file("bad.npy", content);
    CHECK_THROWS_AS(NpyFile(path), kernels::Error);
    CHECK_THROWS_WITH(NpyFile(path), contains("bad.npy: ") && contains(part));
  };
  const std::string good = npy_header({2, 3});
  refuse("", "expected a .npy file");
  refuse("PK\3\4 is a zip file", "expected a .npy file");
  refuse(std::string("\x93NUMPY\7\0", 8) + good, "expected .npy format 1, 2 or 3, got 7");
  refuse(good.substr(0, 40), "ends within its header");
  refuse(std::string("\x93NUMPY\2\0\xff\xff\xff\x7f", 12), "at most 4096 bytes, got 2147483647");
  refuse(good + "12345", "expected 134 bytes for a shape of (2, 3), got 133");
  refuse(good + "1234567", "got 135");
  refuse(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", 4), "got '<f4'");
  refuse(npy("{'fortran_order': False, 'shape': (1,), }", 4), "got no type");
  refuse(npy("{'descr': '|u1', 'fortran_order': True, 'shape': (1,), }", 1), "got True");
  refuse(npy("{'descr': '|u1', 'shape': (1,), }", 1), "got no order");
  refuse(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (), }", 1),
         "one dimension, got ()");
  refuse(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (-1,), }", 1), "got (-1,)");
  refuse(
      npy("{'descr': '|u1', 'fortran_order': False, 'shape': (999999999999, 999999999999), }", 1),
      "cannot be");
  CHECK_THROWS_WITH(NpyFile((folder.path / "absent.npy").string()),
                    contains("absent.npy: cannot read"));
  CHECK_THROWS_AS(NpyFile(folder.path.string()), kernels::Error);
}
