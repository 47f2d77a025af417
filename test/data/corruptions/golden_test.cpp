// The corruptions against SciPy, scikit-image, OpenCV, Pillow and ImageMagick:
// test/golden/corruptions.py, with the same numbers in place of random ones.
#include "test/support/golden.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "data/corruptions/color.h"
#include "data/corruptions/corruptions.h"
#include "data/corruptions/defocus_blur.h"
#include "data/corruptions/edges.h"
#include "data/corruptions/elastic_transform.h"
#include "data/corruptions/fog.h"
#include "data/corruptions/frost.h"
#include "data/corruptions/gaussian_filter.h"
#include "data/corruptions/glass_blur.h"
#include "data/corruptions/jpeg_compression.h"
#include "data/corruptions/motion_blur.h"
#include "data/corruptions/noise.h"
#include "data/corruptions/pillow_resize.h"
#include "data/corruptions/prepare.h"
#include "data/corruptions/snow.h"
#include "data/corruptions/spatter.h"
#include "data/corruptions/zoom.h"
#include "engine/checkpoint/safetensors.h"
#include "kernels/base/check.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace data::corruptions;
using data::Image;
using data::ImageSize;
using Bytes = std::vector<std::uint8_t>;

namespace {

const engine::Safetensors& golden() {
  static const engine::Safetensors kGolden =
      engine::Safetensors::read(std::string(TEST_DIRECTORY) + "/golden/corruptions.safetensors");
  return kGolden;
}

Bytes bytes(const std::string& name) {
  REQUIRE(golden().type(name) == kernels::Type::UInt8);
  const auto* first = static_cast<const std::uint8_t*>(golden().data(name));
  return {first, first + golden().elements(name)};
}

ImageSize size_of(const std::string& name) {
  return {golden().shape(name)[0], golden().shape(name)[1]};
}

// The most that two bytes differ by.
int difference(const Bytes& got, const Bytes& expected) {
  REQUIRE(got.size() == expected.size());
  int most = 0;
  for (std::size_t i = 0; i < got.size(); ++i)
    most = std::max(most, std::abs(got[i] - expected[i]));
  return most;
}

// What stands in the golden script for random numbers.
std::vector<double> uniforms(const std::string& name, long count) {
  const test::Formula formula(name);
  std::vector<double> numbers;
  for (long i = 0; i < count; ++i)
    numbers.push_back(formula.uniform(static_cast<std::uint32_t>(i)));
  return numbers;
}
std::vector<double> normals(const std::string& name, long count) {
  std::vector<double> numbers = uniforms(name, count);
  for (double& number : numbers) number = 1.7320508f * static_cast<float>(number);
  return numbers;
}
std::vector<std::uint32_t> words(const std::string& name, long count) {
  const test::Formula formula(name);
  std::vector<std::uint32_t> numbers;
  for (long i = 0; i < count; ++i) numbers.push_back(formula.bits(static_cast<std::uint32_t>(i)));
  return numbers;
}

Image texture(const std::string& name, ImageSize size) {
  Image image{size.height, size.width, {}};
  for (const std::uint32_t word : words(name + ".texture", size.values()))
    image.pixels.push_back(static_cast<std::uint8_t>(word % 256));
  return image;
}

std::vector<Offset> offsets(const std::string& name, ImageSize size, const GlassParameters& glass) {
  const long count = moved_pixels(size, glass.reach) * glass.passes;
  const std::vector<std::uint32_t> numbers = words(name + ".offsets", count * 2);
  const auto offset = [&](std::size_t i) {
    const auto choices = static_cast<std::uint32_t>(2 * glass.reach);
    return static_cast<std::int8_t>(static_cast<int>(numbers[i] % choices) - glass.reach);
  };
  std::vector<Offset> result;
  for (std::size_t i = 0; i < numbers.size(); i += 2) result.push_back({offset(i), offset(i + 1)});
  return result;
}

// The corruption PRESET.KIND.SEVERITY with the golden script's numbers.
Bytes corrupted(const std::string& name, Preset preset, Kind kind, int severity) {
  const std::string source = preset == Preset::Cifar ? "small" : "large";
  const ImageSize size = size_of(source);
  const Bytes picture = bytes(source);
  const std::uint8_t* const in = picture.data();
  Bytes out(picture.size());
  Workspace workspace;
  const auto of = [&](const auto& table) { return table[static_cast<int>(preset)][severity - 1]; };
  const auto turn = [&] { return uniforms(name + ".turn", 1)[0]; };
  const auto normal = [&](long count) { return normals(name + ".normals", count); };
  switch (kind) {
    case Kind::GaussianNoise:
      gaussian_noise(in, size.values(), of(kGaussianNoise), normal(size.values()).data(),
                     out.data());
      break;
    case Kind::SpeckleNoise:
      speckle_noise(in, size.values(), of(kSpeckleNoise), normal(size.values()).data(), out.data());
      break;
    case Kind::ShotNoise:
      ShotNoise(of(kShotNoise))
          .apply(in, size.values(), words(name + ".words", size.values()).data(), out.data());
      break;
    case Kind::GaussianBlur:
      gaussian_blur(in, size, of(kGaussianBlur), out.data(), workspace);
      break;
    case Kind::DefocusBlur:
      defocus_blur(in, size, of(kDefocusBlur), out.data(), workspace);
      break;
    case Kind::GlassBlur:
      glass_blur(in, size, of(kGlassBlur), offsets(name, size, of(kGlassBlur)).data(), out.data(),
                 workspace);
      break;
    case Kind::MotionBlur:
      motion_blur(in, size, of(kMotionBlur), 45 * turn(), out.data(), workspace);
      break;
    case Kind::ZoomBlur:
      zoom_blur(in, size, of(kZoomBlur), out.data(), workspace);
      break;
    case Kind::Snow:
      snow(in, size, of(kSnow), normal(size.pixels()).data(), -90 + 45 * turn(), out.data(),
           workspace);
      break;
    case Kind::Frost:
      frost(in, size, of(kFrost), texture(name, size), {1, 0, 0}, out.data());
      break;
    case Kind::Fog:
      fog(in, size, of(kFog), uniforms(name + ".uniforms", plasma_draws(plasma_side(size))).data(),
          out.data(), workspace);
      break;
    case Kind::Brightness:
      brightness(in, size, of(kBrightness), out.data());
      break;
    case Kind::Contrast:
      contrast(in, size, of(kContrast), out.data());
      break;
    case Kind::ElasticTransform: {
      const ElasticParameters elastic = of(kElasticTransform);
      const std::vector<double> shifts = uniforms(name + ".corners", 6);
      double corners[3][2];
      for (std::size_t i = 0; i < 6; ++i) corners[i / 2][i % 2] = elastic.corner * shifts[i];
      std::vector<double> dx = uniforms(name + ".dx", size.pixels()),
                          dy = uniforms(name + ".dy", size.pixels());
      elastic_transform(in, size, elastic, corners, dx.data(), dy.data(), out.data(), workspace);
      break;
    }
    case Kind::Pixelate:
      pixelate(in, size, of(kPixelate), out.data(), workspace);
      break;
    case Kind::JpegCompression:
      jpeg_compression(in, size, of(kJpegCompression), out.data(), workspace);
      break;
    case Kind::Spatter:
      spatter(in, size, of(kSpatter), normal(size.pixels()).data(), out.data(), workspace);
      break;
    case Kind::Saturate:
      saturate(in, size, of(kSaturate), out.data());
      break;
    case Kind::ImpulseNoise:
      FAIL("impulse noise has no golden values");
  }
  return out;
}

}  // namespace

TEST_CASE(
    "corruptions are those of SciPy, scikit-image, OpenCV, Pillow and ImageMagick, byte for byte") {
  std::map<Kind, int> cases;
  for (const std::string& name : golden().names()) {
    const std::size_t first = name.find('.'), last = name.rfind('.');
    const auto preset = find_preset(name.substr(0, first));
    if (!preset) continue;
    const auto kind = find_kind(name.substr(first + 1, last - first - 1));
    REQUIRE(kind.has_value());
    ++cases[*kind];
    INFO(name);
    CHECK(difference(corrupted(name, *preset, *kind, std::stoi(name.substr(last + 1))),
                     bytes(name)) == 0);
  }
  CHECK(cases.size() == kKinds - 1);  // all but impulse noise, which has no arithmetic
  for (const auto& [kind, count] : cases) CHECK(count >= kSeverities);
}

TEST_CASE("the disk is OpenCV's") {
  Workspace workspace;
  const DiskKernel kernel = disk_kernel({10, .5}, workspace);
  REQUIRE(golden().shape("disk") == std::vector<int>{2 * kernel.reach + 1, 2 * kernel.reach + 1});
  double most = 0;
  for (std::size_t i = 0; i < golden().elements("disk"); ++i)
    most = std::max(most, std::abs(double{kernel.weights[i]} - double{golden().floats("disk")[i]}));
  CHECK(most < 1e-9);  // of weights near 3e-3
}

TEST_CASE("the Gaussian filter is SciPy's, also where it is wider than the array") {
  for (const auto& [border, name] :
       {std::pair(Border::Nearest, "nearest"), std::pair(Border::Reflect, "reflect")}) {
    std::vector<double> array = uniforms("gaussian_filter", 63);
    Workspace workspace;
    gaussian_filter(array.data(), Grid(9, 7, 1), {4, 3, border}, workspace);
    const float* expected = golden().floats(std::string("gaussian_filter.") + name);
    double most = 0;
    for (std::size_t i = 0; i < 63; ++i)
      most = std::max(most, std::abs(array[i] - double{expected[i]}));
    INFO(name);
    CHECK(most < 1e-7);
  }
}

TEST_CASE("edges and distances are OpenCV's") {
  const ImageSize size = size_of("canny");
  const Grid grid(size, 1);
  const Bytes in = bytes("canny.in");
  Bytes edges(in.size());
  std::vector<float> distance(in.size());
  Workspace workspace;
  canny(in.data(), grid, {50, 150}, edges.data(), workspace);
  CHECK(edges == bytes("canny"));
  CHECK(std::count(edges.begin(), edges.end(), 255) > 50);
  distance_to(edges.data(), grid, distance.data(), workspace);
  const float* expected = golden().floats("distance");
  for (std::size_t i = 0; i < in.size(); ++i) REQUIRE(distance[i] == expected[i]);
}

TEST_CASE("textures of frost are scaled as by OpenCV") {
  const test::TemporaryFolder folder;
  const Image picture = texture("scaled", {100, 120});
  for (int i = 1; i <= kFrostTextures; ++i)
    write_png((folder.path / kernels::text("frost", i, i <= 3 ? ".png" : ".jpg")).string(),
              picture);
  const FrostTextures textures = FrostTextures::read(folder.path.string());
  CHECK((textures.texture(Preset::Cifar, 4).pixels == bytes("scaled.0.2")));
  const Image& tiny = textures.texture(Preset::Tiny, 0);
  CHECK(tiny.height == golden().shape("scaled.0.3")[0]);
  CHECK(difference(tiny.pixels, bytes("scaled.0.3")) <= 1);  // fixed point there
  CHECK((textures.texture(Preset::ImageNet, 0).pixels == picture.pixels));
}

TEST_CASE("clean images are prepared as by torchvision on Pillow") {
  const ImageSize size = size_of("large");
  const Bytes large = bytes("large");
  Image picture{size.height, size.width - 15, {}};
  for (int y = 0; y < size.height; ++y)
    picture.pixels.insert(picture.pixels.end(), large.begin() + (long{y} * size.width + 15) * 3,
                          large.begin() + long{y + 1} * size.width * 3);
  CHECK((prepare(picture, Preset::ImageNet, 32).pixels == bytes("prepared.imagenet")));
  CHECK((prepare(picture, Preset::Inception, 32).pixels == bytes("prepared.inception")));
  CHECK((prepare(picture, Preset::Tiny, 32).pixels == bytes("prepared.tiny")));
}
