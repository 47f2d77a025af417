#include "data/corruptions/fog.h"

namespace data::corruptions {
namespace {

// A map whose points `step` apart (the corners) are known.
class Plasma {
 public:
  Plasma(double* map, int side) : map_(map), side_(side) {}

  double& at(int y, int x) { return map_[long{y & (side_ - 1)} * side_ + (x & (side_ - 1))]; }

  // Sets every point (first_y + i step, first_x + j step) to value(y, x) / 4 plus noise.
  template <class Value>
  void fill(int first_y, int first_x, int step, double wibble, const double*& uniforms,
            const Value& value) {
    for (int y = first_y; y < side_; y += step)
      for (int x = first_x; x < side_; x += step)
        at(y, x) = value(y, x) / 4 + wibble * (wibble * *uniforms++);
  }

 private:
  double* map_;
  const int side_;
};

}  // namespace

int plasma_side(ImageSize size) {
  int side = 2;
  while (side < size.height || side < size.width) side *= 2;
  return side;
}

long plasma_draws(int side) { return long{side} * side - 1; }

void plasma_fractal(int side, double decay, const double* uniforms, double* map) {
  Plasma plasma(map, side);
  plasma.at(0, 0) = 0;
  double wibble = 100;
  for (int step = side; step >= 2; step /= 2, wibble /= decay) {
    const int half = step / 2;
    plasma.fill(half, half, step, wibble, uniforms, [&](int y, int x) {
      return (plasma.at(y - half, x - half) + plasma.at(y + half, x - half)) +
             (plasma.at(y - half, x + half) + plasma.at(y + half, x + half));
    });
    plasma.fill(0, half, step, wibble, uniforms, [&](int y, int x) {
      return (plasma.at(y + half, x) + plasma.at(y - half, x)) +
             (plasma.at(y, x - half) + plasma.at(y, x + half));
    });
    plasma.fill(half, 0, step, wibble, uniforms, [&](int y, int x) {
      return (plasma.at(y, x + half) + plasma.at(y, x - half)) +
             (plasma.at(y - half, x) + plasma.at(y + half, x));
    });
  }
  const long points = long{side} * side;
  const double least = *std::min_element(map, map + points);
  for (long i = 0; i < points; ++i) map[i] -= least;
  const double most = *std::max_element(map, map + points);
  for (long i = 0; i < points; ++i) map[i] /= most;
}

void fog(const std::uint8_t* in, ImageSize size, const FogParameters& fog, const double* uniforms,
         std::uint8_t* out, Workspace& workspace) {
  const int side = plasma_side(size);
  double* const map = workspace.array<double>(long{side} * side);
  plasma_fractal(side, fog.decay, uniforms, map);
  const double most = share(*std::max_element(in, in + size.values()));
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x)
      for (int c = 0; c < 3; ++c, ++in, ++out)
        *out = truncated((share(*in) + fog.thickness * map[long{y} * side + x]) * most /
                         (most + fog.thickness));
}

}  // namespace data::corruptions
