#include "data/corruptions/frost.h"

#include <cmath>

namespace data::corruptions {
namespace {

// The two positions of the source between which a position of the enlarged texture lies.
struct Between {
  int low, high;
  double high_weight;

  Between(int position, double enlarged, int side) {
    const double at = std::clamp((position + .5) / enlarged - .5, 0.0, side - 1.0);
    low = static_cast<int>(at);
    high = std::min(low + 1, side - 1);
    high_weight = at - low;
  }
};

}  // namespace

FrostRange frost_range(const Image& texture, ImageSize size) {
  const double enlarged = std::max({1.0, static_cast<double>(size.height) / texture.height,
                                    static_cast<double>(size.width) / texture.width});
  const auto starts = [&](int texture_side, int side) {
    return std::max(static_cast<int>(texture_side * enlarged) - side, 1);
  };
  return {enlarged, starts(texture.height, size.height), starts(texture.width, size.width)};
}

void frost(const std::uint8_t* in, ImageSize size, const FrostParameters& weights,
           const Image& texture, const FrostPlace& place, std::uint8_t* out) {
  for (int y = 0; y < size.height; ++y) {
    const Between row(place.top + y, place.enlarged, texture.height);
    const std::uint8_t* const upper = texture.pixels.data() + long{row.low} * texture.width * 3;
    const std::uint8_t* const lower = texture.pixels.data() + long{row.high} * texture.width * 3;
    for (int x = 0; x < size.width; ++x) {
      const Between column(place.left + x, place.enlarged, texture.width);
      const int low = column.low * 3, high = column.high * 3;
      for (int c = 0; c < 3; ++c, ++in, ++out) {
        const auto mixed = [&](const std::uint8_t* pixels) {
          return pixels[low + c] * (1 - column.high_weight) + pixels[high + c] * column.high_weight;
        };
        const double ice = mixed(upper) * (1 - row.high_weight) + mixed(lower) * row.high_weight;
        *out = static_cast<std::uint8_t>(
            std::clamp(weights.image * *in + weights.ice * ice, 0.0, 255.0));
      }
    }
  }
}

}  // namespace data::corruptions
