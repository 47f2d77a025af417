#include "data/corruptions/noise.h"

#include <cmath>

#include "data/corruptions/corruptions.h"
#include "data/corruptions/parameters.h"
#include "test/data/some_images.h"
#include "test/support/catch.h"

using namespace data::corruptions;
using Bytes = std::vector<std::uint8_t>;

namespace {

constexpr int kSide = 96;

// A plain image of one value, corrupted.
Bytes corrupted(std::uint8_t value, const Corruption& corruption) {
  const data::Images plain = test::plain_image(kSide, kSide, value);
  Bytes out(plain.image_size());
  corrupt(plain.image(0), {kSide, kSide}, corruption, 5, 6, FrostTextures::procedural(),
          out.data());
  return out;
}

struct Moments {
  double mean = 0, deviation = 0;
};
// Of values as shares of 1, which were truncated to 1/255.
Moments moments(const Bytes& bytes) {
  Moments result;
  const auto count = static_cast<double>(bytes.size());
  for (const std::uint8_t byte : bytes) result.mean += (byte + .5) / 255 / count;
  for (const std::uint8_t byte : bytes)
    result.deviation += std::pow((byte + .5) / 255 - result.mean, 2) / count;
  result.deviation = std::sqrt(result.deviation);
  return result;
}

}  // namespace

TEST_CASE("Gaussian noise has mean 0 and the severity's deviation") {
  for (int severity = 1; severity <= kSeverities; ++severity) {
    const Moments found = moments(corrupted(128, {Kind::GaussianNoise, severity}));
    CHECK(found.mean == Approx(128. / 255).margin(.004));
    CHECK(found.deviation == Approx(kGaussianNoise[0][severity - 1]).epsilon(.02));
  }
}

TEST_CASE("speckle noise grows with the value") {
  for (const int value : {60, 120, 180}) {
    const Moments found =
        moments(corrupted(static_cast<std::uint8_t>(value), {Kind::SpeckleNoise, 3}));
    CHECK(found.mean == Approx(value / 255.).margin(.004));
    CHECK(found.deviation == Approx(.12 * value / 255).epsilon(.03));
  }
}

TEST_CASE("shot noise is Poisson's: the variance is the mean over the photons") {
  for (const int value : {20, 90, 160})
    for (const int severity : {1, 5}) {
      const Moments found =
          moments(corrupted(static_cast<std::uint8_t>(value), {Kind::ShotNoise, severity}));
      const double x = value / 255.;
      INFO(value << ", severity " << severity);
      CHECK(found.mean == Approx(x).margin(.005));
      CHECK(found.deviation == Approx(std::sqrt(x / kShotNoise[0][severity - 1])).epsilon(.03));
    }
  const Bytes black = corrupted(0, {Kind::ShotNoise, 5});
  CHECK((black == Bytes(black.size(), 0)));
}

TEST_CASE("shot noise gives whole photons for the first and the last random word") {
  const ShotNoise noise(10);
  const Bytes white(2, 255);
  const std::uint32_t words[] = {0, 0xffffffff};
  Bytes out(2);
  noise.apply(white.data(), 2, words, out.data());
  CHECK(out[0] == 0);  // no photon: P = e^-10 = 4.5e-5
  CHECK(out[1] == 255);
  // P(0 photons) ends at e^-10 of all words, and one photon of ten is 25.
  const auto step = static_cast<std::uint32_t>(std::exp(-10.) * 0x1p32);
  const std::uint32_t around[] = {step - 1, step + 1};
  noise.apply(white.data(), 2, around, out.data());
  CHECK((out == Bytes{0, 25}));
}

TEST_CASE("impulse noise makes as many values white as black, each channel by itself") {
  for (int severity = 1; severity <= kSeverities; ++severity) {
    const Bytes out = corrupted(100, {Kind::ImpulseNoise, severity});
    double white = 0, black = 0, whole_pixels = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      white += out[i] == 255;
      black += out[i] == 0;
      CHECK((out[i] == 255 || out[i] == 0 || out[i] == 100));
      if (i % 3 == 0) whole_pixels += out[i] != 100 && out[i + 1] != 100 && out[i + 2] != 100;
    }
    const auto values = static_cast<double>(out.size());
    const double amount = kImpulseNoise[0][severity - 1];
    CHECK((white + black) / values == Approx(amount).epsilon(.12));
    CHECK(white / black == Approx(1).epsilon(.25));
    CHECK(whole_pixels <= 2 + values * std::pow(amount, 3));
  }
}

TEST_CASE("noise of neighbours, channels and severities is independent") {
  const Bytes one = corrupted(128, {Kind::GaussianNoise, 5});
  const Bytes other = corrupted(128, {Kind::GaussianNoise, 4});
  const auto correlation = [&](const Bytes& a, const Bytes& b, std::size_t apart) {
    const Moments first = moments(a), second = moments(b);
    double sum = 0;
    for (std::size_t i = apart; i < a.size(); ++i)
      sum += ((a[i] + .5) / 255 - first.mean) * ((b[i - apart] + .5) / 255 - second.mean);
    return sum / static_cast<double>(a.size()) / first.deviation / second.deviation;
  };
  for (const std::size_t apart : {1u, 2u, 3u, 3u * kSide})
    CHECK(std::abs(correlation(one, one, apart)) < .025);
  CHECK(std::abs(correlation(one, other, 0)) < .025);
}
