#include "data/corruptions/noise.h"

#include <map>
#include <mutex>

#include "data/corruptions/arrays.h"
#include "data/corruptions/elementary.h"

namespace data::corruptions {

void gaussian_noise(const std::uint8_t* in, long values, double sigma, const double* normals,
                    std::uint8_t* out) {
  for (long i = 0; i < values; ++i) out[i] = truncated(share(in[i]) + sigma * normals[i]);
}

void speckle_noise(const std::uint8_t* in, long values, double sigma, const double* normals,
                   std::uint8_t* out) {
  for (long i = 0; i < values; ++i) {
    const double x = share(in[i]);
    out[i] = truncated(x + x * (sigma * normals[i]));
  }
}

void impulse_noise(const std::uint8_t* in, long values, double amount, const std::uint32_t* words,
                   std::uint8_t* out) {
  const auto changed = static_cast<std::uint32_t>(amount * 0x1p31);
  for (long i = 0; i < values; ++i) {
    const std::uint8_t extreme = words[i] & 1u ? 255 : 0;
    out[i] = words[i] >> 1 < changed ? extreme : truncated(share(in[i]));
  }
}

ShotNoise::ShotNoise(int photons) : distributions_(256) {
  for (int value = 0; value < 256; ++value) {
    Distribution& distribution = distributions_[value];
    const double mean = share(static_cast<std::uint8_t>(value)) * photons;
    double probability = exponential(-mean), at_most = probability;
    for (int k = 1; at_most < 1 - 0x1p-33; ++k) {
      distribution.steps.push_back(static_cast<std::uint32_t>(at_most * 0x1p32));
      probability *= mean / k;
      if (probability < 0x1p-60 && k > mean) break;  // rounding has kept the sum below 1
      at_most += probability;
    }
    std::size_t count = 0;
    for (std::uint32_t bits = 0; bits < std::size(distribution.guide); ++bits) {
      const std::uint32_t least = bits << (32 - kGuideBits);
      while (count < distribution.steps.size() && distribution.steps[count] <= least) ++count;
      distribution.guide[bits] = static_cast<std::uint16_t>(count);
    }
  }
  for (int k = 0; k <= photons; ++k) bytes_.push_back(truncated(k / static_cast<double>(photons)));
}

void ShotNoise::apply(const std::uint8_t* in, long values, const std::uint32_t* words,
                      std::uint8_t* out) const {
  for (long i = 0; i < values; ++i) {
    const Distribution& distribution = distributions_[in[i]];
    std::size_t count = distribution.guide[words[i] >> (32 - kGuideBits)];
    while (count < distribution.steps.size() && distribution.steps[count] <= words[i]) ++count;
    out[i] = count < bytes_.size() ? bytes_[count] : 255;
  }
}

const ShotNoise& ShotNoise::of(int photons) {
  static std::mutex mutex;
  static std::map<int, ShotNoise> known;
  const std::lock_guard lock(mutex);
  return known.try_emplace(photons, photons).first->second;
}

}  // namespace data::corruptions
