#include "data/digest.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <vector>

#include "kernels/base/check.h"

namespace data {
namespace {

using Byte = std::uint8_t;
using Word = std::uint32_t;

constexpr std::size_t kBlock = 64;  // bytes, of both

// What both standards share: blocks of 64 bytes, the last padded by a bit 1, zeros and the length
// in bits. Digest: block(const Byte*), Word state[], kBigEndian.
template <class Digest>
class Hash {
 public:
  void add(const Byte* bytes, std::size_t size) {
    length_ += size;
    while (size > 0) {
      if (held_ == 0 && size >= kBlock) {
        digest_.block(bytes);
        bytes += kBlock, size -= kBlock;
        continue;
      }
      const std::size_t taken = std::min(kBlock - held_, size);
      std::memcpy(rest_ + held_, bytes, taken);
      bytes += taken, size -= taken, held_ += taken;
      if (held_ < kBlock) continue;
      digest_.block(rest_);
      held_ = 0;
    }
  }
  void add(std::string_view bytes) {
    add(reinterpret_cast<const Byte*>(bytes.data()), bytes.size());
  }

  std::string finish() {
    constexpr Byte kPadding[kBlock] = {0x80};
    const std::uint64_t bits = length_ * 8;
    add(kPadding, (held_ < 56 ? 56 : 120) - held_);
    Byte length[8];
    for (int i = 0; i < 8; ++i)
      length[i] = static_cast<Byte>(bits >> 8 * (Digest::kBigEndian ? 7 - i : i));
    add(length, sizeof length);
    std::string text;
    for (const Word word : digest_.state)
      for (int i = 0; i < 4; ++i) {
        const Word byte = word >> 8 * (Digest::kBigEndian ? 3 - i : i) & 0xff;
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
      }
    return text;
  }

 private:
  Digest digest_;
  Byte rest_[kBlock];
  std::size_t held_ = 0;
  std::uint64_t length_ = 0;
};

struct Md5 {
  static constexpr bool kBigEndian = false;
  Word state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};

  void block(const Byte* bytes) {
    static const std::array<Word, 64> kSines = [] {
      std::array<Word, 64> sines;
      for (int i = 0; i < 64; ++i)
        sines[i] = static_cast<Word>(std::fabs(std::sin(i + 1.0)) * 4294967296.0);
      return sines;
    }();
    constexpr int kShifts[4][4] = {
        {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    Word words[16];
    for (int i = 0; i < 16; ++i)
      words[i] = Word{bytes[4 * i]} | Word{bytes[4 * i + 1]} << 8 | Word{bytes[4 * i + 2]} << 16 |
                 Word{bytes[4 * i + 3]} << 24;
    Word a = state[0], b = state[1], c = state[2], d = state[3];
    const auto step = [&](int i, Word f, int word) {
      const Word sum = a + f + kSines[i] + words[word & 15];
      a = d, d = c, c = b;
      b += std::rotl(sum, kShifts[i / 16][i % 4]);
    };
    for (int i = 0; i < 16; ++i) step(i, (b & c) | (~b & d), i);
    for (int i = 16; i < 32; ++i) step(i, (b & d) | (c & ~d), 5 * i + 1);
    for (int i = 32; i < 48; ++i) step(i, b ^ c ^ d, 3 * i + 5);
    for (int i = 48; i < 64; ++i) step(i, c ^ (b | ~d), 7 * i);
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  }
};

struct Sha256 {
  static constexpr bool kBigEndian = true;
  Word state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

  void block(const Byte* bytes) {
    constexpr Word kRoots[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
        0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
        0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
        0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
        0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
        0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
        0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
        0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
        0xc67178f2};
    Word w[64];
    for (int i = 0; i < 16; ++i)
      w[i] = Word{bytes[4 * i]} << 24 | Word{bytes[4 * i + 1]} << 16 | Word{bytes[4 * i + 2]} << 8 |
             Word{bytes[4 * i + 3]};
    for (int i = 16; i < 64; ++i) {
      const Word s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ w[i - 15] >> 3;
      const Word s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ w[i - 2] >> 10;
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    auto [a, b, c, d, e, f, g, h] = state;
    for (int i = 0; i < 64; ++i) {
      const Word s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
      const Word t1 = h + s1 + ((e & f) ^ (~e & g)) + kRoots[i] + w[i];
      const Word s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
      const Word t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    const Word sums[8] = {a, b, c, d, e, f, g, h};
    for (int i = 0; i < 8; ++i) state[i] += sums[i];
  }
};

template <class Digest>
std::string digest(std::string_view bytes) {
  Hash<Digest> hash;
  hash.add(bytes);
  return hash.finish();
}

}  // namespace

std::string md5(std::string_view bytes) { return digest<Md5>(bytes); }
std::string sha256(std::string_view bytes) { return digest<Sha256>(bytes); }

std::string md5_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  CHECK(file, path, ": cannot read");
  Hash<Md5> hash;
  std::vector<char> piece(1 << 20);
  do {
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    hash.add({piece.data(), static_cast<std::size_t>(file.gcount())});
  } while (file);
  CHECK(file.eof(), path, ": cannot read");
  return hash.finish();
}

}  // namespace data
