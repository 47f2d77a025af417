#include "data/image_file.h"

#include <turbojpeg.h>

#include "kernels/base/check.h"
#include "test/support/catch.h"
#include "test/support/contains.h"
#include "test/support/temporary_folder.h"

using namespace data;
using test_support::contains;

namespace {

Image gradient(int height, int width) {
  Image image{height, width, {}};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (const int value : {y * 200 / height, x * 200 / width, (y + x) % 2 * 10 + 50})
        image.pixels.push_back(static_cast<std::uint8_t>(value));
  return image;
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string jpeg_of(const Image& image) {
  const tjhandle encoder = tjInitCompress();
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  tjCompress2(encoder, image.pixels.data(), image.width, 0, image.height, TJPF_RGB, &memory, &size,
              TJSAMP_444, 95, 0);
  const std::string bytes(reinterpret_cast<char*>(memory), size);
  tjFree(memory);
  tjDestroy(encoder);
  return bytes;
}

}  // namespace

TEST_CASE("a PNG is read back as it was written") {
  const test::TemporaryFolder folder;
  const std::string path = (folder.path / "image.png").string();
  const Image image = gradient(23, 41);
  write_png(path, image);
  const Image back = read_image(path);
  CHECK((back.height == 23 && back.width == 41));
  CHECK(back.pixels == image.pixels);
  int files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path))
    ++files;
  CHECK(files == 1);
}

TEST_CASE("a JPEG is read nearly as it was written") {
  const test::TemporaryFolder folder;
  const Image image = gradient(40, 24);
  const Image back = read_image(folder.file("image.jpg", jpeg_of(image)));
  REQUIRE((back.height == 40 && back.width == 24));
  double difference = 0;
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    difference += std::abs(back.pixels[i] - image.pixels[i]);
  CHECK(difference / double(image.pixels.size()) < 3);
}

TEST_CASE("a BMP may begin at its top or at its bottom") {
  const test::TemporaryFolder folder;
  const auto bmp = [](int height) {
    const std::int32_t words[] = {78, 0, 54, 40, 2, height, 24 << 16 | 1, 0, 24, 0, 0, 0, 0};
    std::string bytes = "BM" + std::string(reinterpret_cast<const char*>(words), sizeof words);
    for (int pixel = 0; pixel < 6; ++pixel) {  // three rows of two, each filled up to eight bytes
      bytes += std::string(3, static_cast<char>(10 * pixel));
      if (pixel % 2 == 1) bytes += std::string(2, '\0');
    }
    return bytes;
  };
  const Image bottom = read_image(folder.file("bottom.bmp", bmp(3)));
  const Image top = read_image(folder.file("top.bmp", bmp(-3)));
  REQUIRE((top.height == 3 && top.width == 2 && bottom.height == 3));
  CHECK((top.pixels.front() == 0 && top.pixels.back() == 50));
  CHECK((bottom.pixels.front() == 40 && bottom.pixels.back() == 10));
}

TEST_CASE("grey pictures become RGB") {
  const test::TemporaryFolder folder;
  const std::string pixels{char(1), char(100), char(200), char(250)};
  const Image image = read_image(folder.file("grey.pgm", "P5 2 2 255\n" + pixels));
  CHECK(image.pixels ==
        std::vector<std::uint8_t>{1, 1, 1, 100, 100, 100, 200, 200, 200, 250, 250, 250});
}

TEST_CASE("broken and missing pictures are refused by file name") {
  const test::TemporaryFolder folder;
  const Image image = gradient(64, 64);
  const std::string png = (folder.path / "good.png").string();
  write_png(png, image);
  const std::string half_png = bytes_of(png).substr(0, bytes_of(png).size() / 2);
  const std::string jpeg = jpeg_of(image), half_jpeg = jpeg.substr(0, jpeg.size() * 3 / 4);
  const auto refuse = [&](const std::string& name, const std::string& content) {
    const std::string path = folder.file(name, content);
    CHECK_THROWS_AS(read_image(path), kernels::Error);
    CHECK_THROWS_WITH(read_image(path), contains(name));
  };
  refuse("half.png", half_png);
  refuse("half.jpg", half_jpeg);
  refuse("start.jpg", jpeg_of(image).substr(0, 3));
  refuse("empty.png", "");
  refuse("text.txt", "not a picture at all");
  refuse("huge.ppm", "P6 60000 60000 255\n");
  CHECK_THROWS_WITH(read_image((folder.path / "absent.png").string()), contains("absent.png"));
  CHECK_THROWS_AS(read_image(folder.path.string()), kernels::Error);
  CHECK_THROWS_WITH(write_png((folder.path / "no" / "where.png").string(), image),
                    contains("where.png: cannot write"));
  CHECK_THROWS_AS(write_png(png, Image{2, 2, {1, 2, 3}}), kernels::Error);
  CHECK((data::fits_png(26000, 27000) && !data::fits_png(27000, 27000)));
}

TEST_CASE("resize averages areas when shrinking and interpolates when enlarging") {
  const Image image{2, 4, {0,  0, 0, 10, 0, 0, 20, 0, 0, 30, 0, 0,  //
                           40, 0, 4, 50, 0, 4, 60, 0, 4, 70, 0, 4}};
  CHECK(resize(image, 2, 4).pixels == image.pixels);
  CHECK(resize(image, 1, 2).pixels == std::vector<std::uint8_t>{25, 0, 2, 45, 0, 2});
  CHECK(resize(image, 1, 1).pixels == std::vector<std::uint8_t>{35, 0, 2});
  // Three columns of four: the first covers one whole column and a third of the next.
  const Image thirds = resize(image, 2, 3);
  CHECK(thirds.pixels[0] == 3);  // (0 + 10 / 3) / (4 / 3) = 2.5
  CHECK(thirds.pixels[3] == 15);
  CHECK(thirds.pixels[6] == 28);
  const Image wide = resize(image, 2, 8);
  CHECK(wide.pixels[0] == 0);      // beyond the first centre
  CHECK(wide.pixels[1 * 3] == 3);  // a quarter of the way from 0 to 10
  CHECK(wide.pixels[2 * 3] == 8);
  CHECK(wide.pixels[7 * 3] == 30);
  CHECK(resize(Image{1, 1, {1, 2, 3}}, 2, 2).pixels ==
        std::vector<std::uint8_t>{1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3});
  CHECK_THROWS_AS(resize(image, 0, 3), kernels::Error);
}

TEST_CASE("the centre square is the middle") {
  const Image square = center_square(gradient(2, 7));
  CHECK((square.height == 2 && square.width == 2));
  CHECK(square.pixels[1] == gradient(2, 7).pixels[2 * 3 + 1]);
  const Image tall = center_square(gradient(9, 3));
  CHECK((tall.height == 3 && tall.width == 3));
  CHECK(tall.pixels[0] == gradient(9, 3).pixels[3 * 3 * 3]);
}
