#include "aux_training/evaluation/picture_folder.h"

#include "data/corruptions/prepare.h"
#include "kernels/base/check.h"
#include "test/support/catch.h"
#include "test/support/contains.h"
#include "test/support/temporary_folder.h"

namespace {

using namespace aux_training;
using data::corruptions::Kind;
using test_support::contains;
namespace fs = std::filesystem;

constexpr int kSide = 40;

data::Image picture(int height, int width, int seed) {
  data::Image image{height, width, {}};
  for (int i = 0; i < height * width * 3; ++i)
    image.pixels.push_back(static_cast<std::uint8_t>(i / 3 % width * 3 + seed * 40 + i % 3));
  return image;
}

// Three clean pictures in two classes, and their copies as fog of severity 3. By their whole names
// n02/a.b comes first as a PNG, and last as a JPEG.
struct Pictures {
  test::TemporaryFolder folder;
  kernels::ThreadPool pool{2};
  std::vector<std::string> names = {"n01/b", "n02/a", "n02/a.b"};

  Pictures() {
    for (int i = 0; i < 3; ++i) {
      write("imagenet/val/" + names[std::size_t(i)] + ".png", picture(60, 70, i));
      write("c/fog/3/" + names[std::size_t(i)] + ".png", picture(kSide, kSide, i + 3));
    }
  }
  void write(const std::string& name, const data::Image& image) const {
    fs::create_directories((folder.path / name).parent_path());
    data::write_png((folder.path / name).string(), image);
  }
  PictureFolder open() const {
    return {data::list_imagenet(folder.path, "val"), folder.path / "c", kSide};
  }
  std::vector<std::uint8_t> all_of(const ImageSet& set) {
    std::vector<std::uint8_t> bytes(3 * kSide * kSide * 3);
    set.write(1, 2, pool, bytes.data() + kSide * kSide * 3);
    set.write(0, 1, pool, bytes.data());
    return bytes;
  }
};

}  // namespace

TEST_CASE("picture folder: clean pictures are prepared, copies are taken as they are") {
  Pictures pictures;
  PictureFolder folder = pictures.open();
  const TestSet& test = folder.test();
  CHECK((test.count == 3 && test.height == kSide && test.width == kSide && test.classes == 2));
  CHECK(test.labels == std::vector<int>{0, 1, 1});
  std::vector<std::uint8_t> clean, copies;
  for (int i = 0; i < 3; ++i) {
    const data::Image prepared =
        data::corruptions::prepare(picture(60, 70, i), data::corruptions::Preset::ImageNet, kSide);
    clean.insert(clean.end(), prepared.pixels.begin(), prepared.pixels.end());
    const data::Image copy = picture(kSide, kSide, i + 3);
    copies.insert(copies.end(), copy.pixels.begin(), copy.pixels.end());
  }
  CHECK(pictures.all_of(folder.clean()) == clean);
  const ImageSet fog = folder.set(Kind::Fog, 3);
  CHECK(fog.name == "fog 3");
  CHECK(pictures.all_of(fog) == copies);
  CHECK(folder.misfit().empty());
}

TEST_CASE("picture folder: copies of another size are resized, and that is known") {
  Pictures pictures;
  pictures.write("c/fog/3/n02/a.png", picture(64, 48, 1));
  PictureFolder folder = pictures.open();
  const std::vector<std::uint8_t> bytes = pictures.all_of(folder.set(Kind::Fog, 3));
  const data::Image resized = data::resize(picture(64, 48, 1), kSide, kSide);
  CHECK(
      std::equal(resized.pixels.begin(), resized.pixels.end(), bytes.begin() + kSide * kSide * 3));
  CHECK(folder.misfit() == "64 x 48");
}

TEST_CASE("picture folder: a copy of every picture, and of no other") {
  Pictures pictures;
  PictureFolder folder = pictures.open();
  CHECK_THROWS_WITH(folder.set(Kind::Fog, 2), contains("c/fog/2: cannot read"));
  fs::remove(pictures.folder.path / "c/fog/3/n02/a.png");
  CHECK_THROWS_WITH(
      folder.set(Kind::Fog, 3),
      contains("c/fog/3: expected a copy of each of the 3") && contains("it lacks n02/a"));
  pictures.write("c/fog/3/n02/a.jpeg.png", picture(kSide, kSide, 0));
  CHECK_THROWS_WITH(folder.set(Kind::Fog, 3), contains("it lacks n02/a"));
  fs::remove(pictures.folder.path / "c/fog/3/n02/a.jpeg.png");
  pictures.write("c/fog/3/n02/a.png", picture(kSide, kSide, 0));
  pictures.write("c/fog/3/n02/d.png", picture(kSide, kSide, 0));
  CHECK_THROWS_WITH(folder.set(Kind::Fog, 3), contains("it has n02/d too"));
}

TEST_CASE("picture folder: copies made without files are those of the files") {
  Pictures pictures;
  const auto& frost = data::corruptions::FrostTextures::procedural();
  for (int i = 0; i < 3; ++i) {
    data::Image copy =
        data::corruptions::prepare(picture(60, 70, i), data::corruptions::Preset::ImageNet, kSide);
    const std::vector<std::uint8_t> clean = copy.pixels;
    data::corruptions::corrupt(clean.data(), {kSide, kSide},
                               {Kind::ShotNoise, 2, data::corruptions::Preset::ImageNet}, 5,
                               static_cast<std::uint32_t>(i), frost, copy.pixels.data());
    const fs::path path =
        pictures.folder.path / "c/shot_noise/2" / (pictures.names[std::size_t(i)] + ".JPEG");
    fs::create_directories(path.parent_path());
    data::write_jpeg(path.string(), copy, data::corruptions::kImageNetQuality);
  }
  PictureFolder folder = pictures.open();
  CHECK(pictures.all_of(folder.generated(Kind::ShotNoise, 2, 5, frost)) ==
        pictures.all_of(folder.set(Kind::ShotNoise, 2)));
}
