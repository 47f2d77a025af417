// Fog: a plasma fractal.
#pragma once

#include "data/corruptions/arrays.h"
#include "data/corruptions/parameters.h"
#include "data/corruptions/workspace.h"

namespace data::corruptions {

// The side of the map for an image: the least power of two that covers it.
int plasma_side(ImageSize size);
// Random numbers that a map takes: side^2 - 1.
long plasma_draws(int side);

// Diamond-square on a torus: [side, side] from 0 to 1. Middles of squares, then of diamonds, are
// the mean of their four corners plus w^2 u, with w = 100 at first and divided by `decay` at each
// halving; the first corner is 0. uniforms: [plasma_draws], each u in [-1, 1).
void plasma_fractal(int side, double decay, const double* uniforms, double* map);

// (x + thickness map) m / (m + thickness), where x are shares of 1, m is the largest x and the
// map's upper left corner covers the image, the same for all channels.
void fog(const std::uint8_t* in, ImageSize size, const FogParameters& fog, const double* uniforms,
         std::uint8_t* out, Workspace& workspace);

}  // namespace data::corruptions
