// Noise, independent for each value (so for each channel of a pixel). x is a value as a share of 1,
// n a standard normal number; results are clipped.
#pragma once

#include <cstdint>
#include <vector>

namespace data::corruptions {

// x + sigma n.
void gaussian_noise(const std::uint8_t* in, long values, double sigma, const double* normals,
                    std::uint8_t* out);

// x + x sigma n.
void speckle_noise(const std::uint8_t* in, long values, double sigma, const double* normals,
                   std::uint8_t* out);

// 1 or 0, equally likely, with probability `amount`, else x. A random word's low bit tells which
// of the two, the others whether.
void impulse_noise(const std::uint8_t* in, long values, double amount, const std::uint32_t* words,
                   std::uint8_t* out);

// Poisson(photons x) / photons, by inversion of the distribution: the number of photons is how many
// steps of its cumulative distribution lie at or below a random word's share of 2^32.
class ShotNoise {
 public:
  explicit ShotNoise(int photons);
  void apply(const std::uint8_t* in, long values, const std::uint32_t* words,
             std::uint8_t* out) const;

  // The one for a number of photons, made once and kept.
  static const ShotNoise& of(int photons);

 private:
  static constexpr int kGuideBits = 6;
  struct Distribution {                    // of one value of a pixel
    std::vector<std::uint32_t> steps;      // P(at most k photons) in units of 2^-32, while below 1
    std::uint16_t guide[1 << kGuideBits];  // photons of the least word with these upper bits
  };
  std::vector<Distribution> distributions_;  // by value
  std::vector<std::uint8_t> bytes_;          // by photons; more than these are 255
};

}  // namespace data::corruptions
