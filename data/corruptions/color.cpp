#include "data/corruptions/color.h"

#include <cmath>

namespace data::corruptions {
namespace {

struct Hsv {
  double hue, saturation, value;  // the hue in turns, [0, 1)
};

// Where several channels are the largest, the last one counts.
Hsv hsv_of(double red, double green, double blue) {
  const double value = std::max(std::max(red, green), blue);
  const double range = value - std::min(std::min(red, green), blue);
  if (range == 0) return {0, 0, value};
  double sixths = (green - blue) / range;
  if (green == value) sixths = 2 + (blue - red) / range;
  if (blue == value) sixths = 4 + (red - green) / range;
  const double turns = sixths / 6;
  return {turns < 0 ? turns + 1 : turns, range / value, value};
}

void write_rgb(const Hsv& hsv, std::uint8_t* out) {
  const double sixths = hsv.hue * 6, whole = std::floor(sixths), part = sixths - whole;
  const double low = hsv.value * (1 - hsv.saturation);
  const double falling = hsv.value * (1 - part * hsv.saturation);
  const double rising = hsv.value * (1 - (1 - part) * hsv.saturation);
  const auto write = [&](double red, double green, double blue) {
    out[0] = truncated(red);
    out[1] = truncated(green);
    out[2] = truncated(blue);
  };
  switch (static_cast<int>(whole)) {
    case 1:
      return write(falling, hsv.value, low);
    case 2:
      return write(low, hsv.value, rising);
    case 3:
      return write(low, falling, hsv.value);
    case 4:
      return write(rising, low, hsv.value);
    case 5:
      return write(hsv.value, low, falling);
    default:
      return write(hsv.value, rising, low);
  }
}

template <class Change>
void change_hsv(const std::uint8_t* in, ImageSize size, std::uint8_t* out, const Change& change) {
  for (long i = 0; i < size.values(); i += 3) {
    Hsv hsv = hsv_of(share(in[i]), share(in[i + 1]), share(in[i + 2]));
    change(hsv);
    write_rgb(hsv, out + i);
  }
}

}  // namespace

void contrast(const std::uint8_t* in, ImageSize size, double factor, std::uint8_t* out) {
  double means[3] = {0, 0, 0};
  for (long i = 0; i < size.values(); i += 3)
    for (int c = 0; c < 3; ++c) means[c] += share(in[i + c]);
  for (double& mean : means) mean /= static_cast<double>(size.pixels());
  for (long i = 0; i < size.values(); i += 3)
    for (int c = 0; c < 3; ++c)
      out[i + c] = truncated((share(in[i + c]) - means[c]) * factor + means[c]);
}

void brightness(const std::uint8_t* in, ImageSize size, double added, std::uint8_t* out) {
  change_hsv(in, size, out, [&](Hsv& hsv) { hsv.value = std::clamp(hsv.value + added, 0.0, 1.0); });
}

void saturate(const std::uint8_t* in, ImageSize size, const SaturateParameters& change,
              std::uint8_t* out) {
  change_hsv(in, size, out, [&](Hsv& hsv) {
    hsv.saturation = std::clamp(hsv.saturation * change.factor + change.shift, 0.0, 1.0);
  });
}

}  // namespace data::corruptions
