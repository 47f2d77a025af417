#include "data/digest.h"

#include "test/support/catch.h"
#include "test/support/contains.h"
#include "test/support/temporary_folder.h"

using data::md5;
using data::sha256;

// RFC 1321, A.5.
TEST_CASE("digest: MD5 of the standard's texts") {
  CHECK(md5("") == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(md5("abc") == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(md5("message digest") == "f96b697d7cb7938d525a2f31aaf161d0");
  CHECK(md5("12345678901234567890123456789012345678901234567890123456789012345678901234567890") ==
        "57edf4a22be3c955ac49da2e2107b67a");
}

// FIPS 180-4's examples.
TEST_CASE("digest: SHA-256 of the standard's texts") {
  CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// MD5 and SHA-256 of 55, 56, 63, 64 and 65 letters a, as md5sum and sha256sum give them.
TEST_CASE("digest: the padding fits into the last block, or needs another") {
  const auto [letters, of_md5, of_sha256] = GENERATE(table<int, std::string, std::string>({
      {55, "ef1772b6dff9a122358552954ad0df65",
       "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
      {56, "3b0c8ac703f828b04c6c197006d17218",
       "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
      {63, "b06521f39153d618550606be297466d5",
       "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"},
      {64, "014842d480b571495a4a0363793f7367",
       "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
      {65, "c743a45e0d2e6a95cb859adae0248435",
       "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0"},
  }));
  CHECK(md5(std::string(static_cast<std::size_t>(letters), 'a')) == of_md5);
  CHECK(sha256(std::string(static_cast<std::size_t>(letters), 'a')) == of_sha256);
}

TEST_CASE("digest: a file has the digest of its bytes, over pieces of it, too") {
  const test::TemporaryFolder folder;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1} << 20, (std::size_t{1} << 20) + 17}) {
    std::string bytes(size, 'x');
    for (std::size_t i = 0; i < size; i += 1000) bytes[i] = static_cast<char>(i / 1000);
    CHECK(data::md5_of_file(folder.file("file", bytes)) == md5(bytes));
  }
  CHECK_THROWS_WITH(data::md5_of_file((folder.path / "none").string()),
                    test_support::contains("none: cannot read"));
}
