#include <algorithm>
#include <cstdlib>
#include <set>

#include "data/corruptions/corruptions.h"
#include "data/corruptions/fog.h"
#include "data/corruptions/frost.h"
#include "data/corruptions/ice.h"
#include "data/corruptions/snow.h"
#include "data/corruptions/spatter.h"
#include "test/data/some_images.h"
#include "test/support/catch.h"
#include "test/support/contains.h"
#include "test/support/temporary_folder.h"

using namespace data::corruptions;
using data::Image;
using data::ImageSize;
using test_support::contains;
using Bytes = std::vector<std::uint8_t>;

namespace {

constexpr ImageSize kSize{33, 40};

const Bytes& dark() {
  static const Bytes kDark(static_cast<std::size_t>(kSize.values()), 51);
  return kDark;
}

// Numbers that are -3 everywhere but at one pixel.
std::vector<double> one_peak(int y, int x, double value) {
  std::vector<double> normals(static_cast<std::size_t>(kSize.pixels()), -3);
  normals[static_cast<std::size_t>(y * kSize.width + x)] = value;
  return normals;
}

Bytes snowed(const std::vector<double>& normals, const SnowParameters& parameters,
             double degrees = -90) {
  Bytes out(dark().size());
  Workspace workspace;
  snow(dark().data(), kSize, parameters, normals.data(), degrees, out.data(), workspace);
  return out;
}

Bytes spattered(const std::vector<double>& normals, const SpatterParameters& parameters) {
  Bytes out(dark().size());
  Workspace workspace;
  spatter(dark().data(), kSize, parameters, normals.data(), out.data(), workspace);
  return out;
}

}  // namespace

TEST_CASE("without flakes snow only pales") {
  // .9 x + .1 (1.5 x + .5), x = .2
  const Bytes out = snowed(one_peak(0, 0, -3), {.1, .2, 1, .6, {8, 3}, .9});
  CHECK((out == Bytes(out.size(), static_cast<std::uint8_t>(255 * (.18 + .1 * .8)))));
}

TEST_CASE("a flake falls in its direction, and another upside down") {
  const SnowParameters parameters{.1, .2, 1, .6, {4, 30}, .9};
  const Bytes none = snowed(one_peak(0, 0, -3), parameters);
  CHECK((snowed(one_peak(20, 10, 2.4), parameters) == none));  // .58 is below the threshold
  const Bytes out = snowed(one_peak(20, 10, 3), parameters);
  std::vector<std::pair<int, int>> places;
  for (int y = 0; y < kSize.height; ++y)
    for (int x = 0; x < kSize.width; ++x) {
      const auto i = static_cast<std::size_t>(y * kSize.width + x) * 3;
      if (out[i] != none[i]) places.emplace_back(y, x);
      CHECK(out[i] == out[out.size() - 3 - i]);
    }
  REQUIRE(places.size() == 2 * 9);  // of 2 * 4 + 1 pixels each
  CHECK(places.front() == std::pair(4, 29));
  CHECK(places[8] == std::pair(12, 29));  // turned
  CHECK(places[9] == std::pair(20, 10));
  CHECK(places.back() == std::pair(28, 10));  // reads above: the trace goes down
}

TEST_CASE("frost is a weighted sum with a piece of the texture") {
  Image texture{40, 50, {}};
  for (int y = 0; y < 40; ++y)
    for (int x = 0; x < 50; ++x)
      for (const int value : {y, x, 250})
        texture.pixels.push_back(static_cast<std::uint8_t>(value));
  const FrostRange range = frost_range(texture, kSize);
  CHECK((range.enlarged == 1 && range.rows == 7 && range.columns == 10));
  Bytes out(dark().size());
  frost(dark().data(), kSize, {.5, 2}, texture, {1, 6, 9}, out.data());
  const auto at = [&](int y, int x) {
    return &out[static_cast<std::size_t>(y * kSize.width + x) * 3];
  };
  CHECK((at(0, 0)[0] == 25 + 12 && at(0, 0)[1] == 25 + 18 && at(0, 0)[2] == 255));
  CHECK((at(10, 30)[0] == 25 + 32 && at(10, 30)[1] == 25 + 78));
}

TEST_CASE("a texture smaller than the image is enlarged to cover it") {
  const Image texture{11, 20, Bytes(11 * 20 * 3, 100)};
  const FrostRange range = frost_range(texture, kSize);
  CHECK(range.enlarged == 3);
  CHECK((range.rows == 1 && range.columns == 20));
  Bytes out(dark().size());
  frost(dark().data(), kSize, {0, 1}, texture, {range.enlarged, 0, 19}, out.data());
  CHECK((out == Bytes(out.size(), 100)));
}

TEST_CASE("all textures and many places of frost come up") {
  const data::Images plain = test::plain_image(32, 32, 0);
  std::set<std::string> seen;
  for (std::uint32_t image = 0; image < 50; ++image) {
    Bytes out(plain.image_size());
    corrupt(plain.image(0), {32, 32}, {Kind::Frost, 1}, 0, image, FrostTextures::procedural(),
            out.data());
    seen.insert({out.begin(), out.end()});
  }
  CHECK(seen.size() == 50);
}

TEST_CASE("ice that is drawn is neither black nor white, has texture, and comes in five forms") {
  CHECK(FrostTextures::procedural().source() == "procedural");
  std::set<std::string> seen;
  for (int i = 0; i < kFrostTextures; ++i) {
    const Image& ice = FrostTextures::procedural().texture(Preset::ImageNet, i);
    double mean = 0, edges = 0;
    for (std::size_t j = 3; j < ice.pixels.size(); ++j) {
      mean += ice.pixels[j];
      edges += std::abs(ice.pixels[j] - ice.pixels[j - 3]);
    }
    const auto count = static_cast<double>(ice.pixels.size());
    CHECK((mean / count > 80 && mean / count < 230));
    CHECK((edges / count > 1 && edges / count < 40));
    seen.insert({ice.pixels.begin(), ice.pixels.end()});
  }
  CHECK(seen.size() == kFrostTextures);
}

TEST_CASE("textures of frost that are missing or too small are refused by name") {
  const test::TemporaryFolder folder;
  CHECK_THROWS_WITH(FrostTextures::read(folder.path.string()), contains("frost1.png: cannot read"));
  data::write_png((folder.path / "frost1.png").string(), {15, 20, Bytes(15 * 20 * 3)});
  CHECK_THROWS_WITH(FrostTextures::read(folder.path.string()),
                    contains("frost1.png") && contains("at least 16 pixels, got 15 x 20"));
}

TEST_CASE("plasma covers the image, from 0 to 1, and its corners' mean is their middle") {
  CHECK(plasma_side({32, 32}) == 32);
  CHECK(plasma_side({224, 224}) == 256);
  CHECK(plasma_side({299, 40}) == 512);
  // Noise in the first middle alone: everything else is a mean.
  std::vector<double> uniforms(static_cast<std::size_t>(plasma_draws(8)), 0), map(64);
  uniforms[0] = .5;
  plasma_fractal(8, 2, uniforms.data(), map.data());
  const auto at = [&](int y, int x) { return map[static_cast<std::size_t>(y * 8 + x)]; };
  CHECK((at(0, 0) == 0 && at(4, 4) == 1 && at(0, 4) == .5 && at(4, 0) == .5));
  CHECK(at(2, 2) == .5);        // of 0, 1/2, 1/2, 1
  CHECK(at(2, 4) == .625);      // of 1/2, 1 and twice 1/2
  CHECK(at(6, 6) == at(2, 2));  // a torus
}

TEST_CASE("plasma's noise falls by the square of the decay at each halving") {
  std::vector<double> uniforms(static_cast<std::size_t>(plasma_draws(4)), 0), map(16);
  uniforms[0] = -1;  // at (2, 2), by 100^2
  uniforms[3] = 1;   // at (1, 1), by (100 / 4)^2, around the mean of 0, -1, -1/2, -1/2
  plasma_fractal(4, 4, uniforms.data(), map.data());
  CHECK(map[2 * 4 + 2] == 0);
  CHECK(map[0] == 1);
  CHECK(map[1 * 4 + 1] == Approx(.5 + 1 / 16.));
}

TEST_CASE("fog is grey and never lighter than the image's lightest value") {
  Bytes in = dark(), out(in.size());
  in[7] = 120;
  std::vector<double> uniforms(static_cast<std::size_t>(plasma_draws(64)));
  for (std::size_t i = 0; i < uniforms.size(); ++i) uniforms[i] = i % 7 / 3.5 - 1;
  Workspace workspace;
  fog(in.data(), kSize, {1.5, 2}, uniforms.data(), out.data(), workspace);
  CHECK(*std::max_element(out.begin(), out.end()) <= 120);
  CHECK(*std::max_element(out.begin(), out.end()) > 90);
  for (std::size_t i = 9; i < out.size(); i += 3)
    CHECK((out[i] == out[i + 1] && out[i] == out[i + 2]));
}

TEST_CASE("where there is no liquid, mud changes nothing and water, as published, blackens all") {
  const std::vector<double> dry = one_peak(0, 0, -3);
  CHECK((spattered(dry, {.65, .1, .7, .69, .6, true}) == dark()));
  CHECK((spattered(dry, {.65, .1, .7, .69, .6, false}) == Bytes(dark().size(), 0)));
}

TEST_CASE("stains are of mud's colour, and drops lighten") {
  std::vector<double> normals(static_cast<std::size_t>(kSize.pixels()), -3);
  for (int y = 10; y < 22; ++y) std::fill_n(normals.begin() + y * kSize.width + 12, 14, 3);
  const auto at = [&](const Bytes& bytes, int y, int x) {
    const auto i = static_cast<std::size_t>(y * kSize.width + x) * 3;
    return std::vector<int>{bytes[i], bytes[i + 1], bytes[i + 2]};
  };
  const Bytes stained = spattered(normals, {.65, .1, .7, .69, .6, true});
  CHECK(at(stained, 16, 18) == std::vector{63, 42, 20});
  CHECK(at(stained, 3, 3) == std::vector{51, 51, 51});
  const Bytes wet = spattered(normals, {.65, .1, .7, .69, .6, false});
  CHECK(at(wet, 3, 3) == std::vector{51, 51, 51});
  int lightest = 0;
  for (std::size_t i = 0; i < wet.size(); i += 3) {
    CHECK((wet[i] >= 51 && wet[i + 1] >= wet[i] && wet[i + 1] == wet[i + 2]));
    lightest = std::max<int>(lightest, wet[i + 1]);
  }
  CHECK(std::abs(lightest - (51 + .6 * 238)) <= 1);
}
