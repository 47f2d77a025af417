#include "data/corruptions/ice.h"

#include "data/corruptions/draws.h"
#include "data/corruptions/elementary.h"
#include "data/corruptions/fog.h"

namespace data::corruptions {
namespace {

constexpr int kSide = 512, kBundles = 600;
constexpr std::uint64_t kSeed = 2019;
constexpr std::uint32_t kStream = 1u << 16;  // no kind's

// Adds the light of one needle to [kSide, kSide], a torus: thin, fading towards its ends.
void draw_needle(double* light, double y, double x, double degrees, double length,
                 double strength) {
  const Direction along = direction(degrees);
  for (double at = 0; at < length; at += .5) {
    const double fade = 1 - (2 * at / length - 1) * (2 * at / length - 1);
    const auto add = [&](double aside, double amount) {
      const double row = y + at * along.sin + aside * along.cos + kSide;
      const double column = x + at * along.cos - aside * along.sin + kSide;
      light[(static_cast<long>(row) % kSide) * kSide + static_cast<long>(column) % kSide] +=
          amount * fade * strength;
    };
    add(0, 1);
    add(-1, .5);
    add(1.5, -.6);
  }
}

void draw_bundle(double* light, Draws& draws) {
  const double y = draws.uniform(0, kSide), x = draws.uniform(0, kSide);
  const double degrees = draws.uniform(-180, 180), reach = draws.uniform(10, 80);
  const int needles = 4 + draws.below(14);
  for (int i = 0; i < needles; ++i) {
    const double turned = degrees + draws.uniform(-9, 9);
    draw_needle(light, y + draws.uniform(-10, 10), x + draws.uniform(-10, 10),
                turned > 180 ? turned - 360 : (turned < -180 ? turned + 360 : turned),
                reach * draws.uniform(.4, 1), draws.uniform(2, 18));
  }
}

}  // namespace

Image draw_ice(int variant) {
  Draws draws(kSeed, static_cast<std::uint32_t>(variant), kStream);
  std::vector<double> haze(kSide * kSide), uniforms(plasma_draws(kSide)), light(kSide * kSide);
  draws.uniforms(uniforms.data(), static_cast<long>(uniforms.size()), -1, 1);
  plasma_fractal(kSide, 1.55, uniforms.data(), haze.data());
  for (int i = 0; i < kBundles; ++i) draw_bundle(light.data(), draws);

  // From the haze's darkest to its lightest colour.
  const double dim = draws.uniform(0, 1);
  const double dark[] = {70 + 60 * dim, 110 + 50 * dim, 130 + 50 * dim};
  const double pale[] = {205, 220, 228};
  Image ice{kSide, kSide, std::vector<std::uint8_t>(std::size_t{kSide} * kSide * 3)};
  for (std::size_t i = 0; i < haze.size(); ++i)
    for (std::size_t c = 0; c < 3; ++c)
      ice.pixels[i * 3 + c] = static_cast<std::uint8_t>(
          std::clamp(dark[c] + haze[i] * (pale[c] - dark[c]) + light[i], 0.0, 255.0));
  return ice;
}

}  // namespace data::corruptions
