#include "data/image_file.h"

#include <turbojpeg.h>

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_NO_STDIO
#define STBI_NO_JPEG
#define STBI_NO_HDR
#define STBI_NO_LINEAR
#include <stb_image.h>
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#include <stb_image_write.h>

#include "kernels/base/check.h"

namespace data {
namespace {

using Bytes = std::vector<unsigned char>;

constexpr long kMostBytes = 1'000'000'000;

Bytes read_bytes(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  CHECK(!error, path, ": cannot read: ", error.message());
  CHECK(size <= kMostBytes, path, ": expected a picture of at most ", kMostBytes, " bytes, got ",
        size);
  Bytes bytes(size);
  std::ifstream in(path, std::ios::binary);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  CHECK(in, path, ": cannot read");
  return bytes;
}

Image empty_image(const std::string& path, int height, int width) {
  CHECK(height >= 1 && width >= 1 && long{height} * width <= kMostPixels, path,
        ": expected a picture of 1 to ", kMostPixels, " pixels, got ", height, " x ", width);
  return {height, width, std::vector<std::uint8_t>(std::size_t(height) * width * 3)};
}

Image read_jpeg(const std::string& path, const Bytes& bytes) {
  const std::unique_ptr<void, int (*)(tjhandle)> decoder(tjInitDecompress(), tjDestroy);
  CHECK(decoder, "libjpeg-turbo: cannot start");
  int width = 0, height = 0, sampling = 0, color_space = 0;
  CHECK(tjDecompressHeader3(decoder.get(), bytes.data(), bytes.size(), &width, &height, &sampling,
                            &color_space) == 0,
        path, ": broken JPEG: ", tjGetErrorStr2(decoder.get()));
  CHECK(color_space != TJCS_CMYK && color_space != TJCS_YCCK, path,
        ": expected an RGB or grey JPEG, got CMYK; convert it first");
  Image image = empty_image(path, height, width);
  const int result = tjDecompress2(decoder.get(), bytes.data(), bytes.size(), image.pixels.data(),
                                   width, 0, height, TJPF_RGB, TJFLAG_ACCURATEDCT);
  // Warnings are harmless oddities that many files in the wild have, but for a cut-off file.
  if (result != 0) {
    const std::string message = tjGetErrorStr2(decoder.get());
    CHECK(tjGetErrorCode(decoder.get()) == TJERR_WARNING &&
              message.find("remature end") == std::string::npos,
          path, ": broken JPEG: ", message);
  }
  return image;
}

Image read_other(const std::string& path, const Bytes& bytes) {
  const int size = static_cast<int>(bytes.size());
  int width = 0, height = 0, channels = 0;
  CHECK(stbi_info_from_memory(bytes.data(), size, &width, &height, &channels), path,
        ": not a picture that can be read (JPEG, PNG, BMP, GIF, TGA, PNM, PSD): ",
        stbi_failure_reason());
  height = std::abs(height);  // a BMP that begins at the top has a negative one
  Image image = empty_image(path, height, width);
  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      stbi_load_from_memory(bytes.data(), size, &width, &height, &channels, 3), stbi_image_free);
  CHECK(pixels, path, ": broken picture: ", stbi_failure_reason());
  image.pixels.assign(pixels.get(), pixels.get() + image.pixels.size());
  return image;
}

void check_whole(const std::string& path, const Image& image) {
  const std::size_t expected = std::size_t(image.height) * image.width * 3;
  CHECK(image.height > 0 && image.width > 0 && image.pixels.size() == expected, path,
        ": cannot write an image of ", image.height, " x ", image.width, " with ",
        image.pixels.size(), " bytes");
}

void write_and_rename(const std::string& path, const unsigned char* bytes, std::size_t size) {
  const std::string beside = path + ".partial";
  std::ofstream out(beside, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes), static_cast<std::streamsize>(size));
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(beside, path, error);
  if (!out || error) {
    std::remove(beside.c_str());
    throw kernels::Error(path + ": cannot write" + (error ? ": " + error.message() : ""));
  }
}

}  // namespace

Image read_image(const std::string& path) {
  const Bytes bytes = read_bytes(path);
  const bool is_jpeg = bytes.size() >= 2 && bytes[0] == 0xff && bytes[1] == 0xd8;
  return is_jpeg ? read_jpeg(path, bytes) : read_other(path, bytes);
}

// stb counts the bytes, with one more for each row, in an int.
bool fits_png(int height, int width) { return (3L * width + 1) * height <= INT_MAX; }

void write_png(const std::string& path, const Image& image) {
  check_whole(path, image);
  CHECK(fits_png(image.height, image.width), path, ": a PNG of ", image.height, " x ", image.width,
        " pixels is more than can be written");
  Bytes bytes;
  const auto append = [](void* context, void* data, int size) {
    const auto* first = static_cast<unsigned char*>(data);
    static_cast<Bytes*>(context)->insert(static_cast<Bytes*>(context)->end(), first, first + size);
  };
  const int stride = image.width * 3;
  CHECK(stbi_write_png_to_func(append, &bytes, image.width, image.height, 3, image.pixels.data(),
                               stride),
        path, ": cannot make a PNG of ", image.height, " x ", image.width);
  write_and_rename(path, bytes.data(), bytes.size());
}

void write_jpeg(const std::string& path, const Image& image, int quality) {
  check_whole(path, image);
  const std::unique_ptr<void, int (*)(tjhandle)> encoder(tjInitCompress(), tjDestroy);
  CHECK(encoder, "libjpeg-turbo: cannot start");
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  const int result = tjCompress2(encoder.get(), image.pixels.data(), image.width, 0, image.height,
                                 TJPF_RGB, &memory, &size, TJSAMP_420, quality, TJFLAG_ACCURATEDCT);
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> bytes(memory, tjFree);
  CHECK(result == 0, path, ": cannot make a JPEG: ", tjGetErrorStr2(encoder.get()));
  write_and_rename(path, bytes.get(), size);
}

}  // namespace data
