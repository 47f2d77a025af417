// Edges of grey images and distances to them, as OpenCV computes them.
#pragma once

#include "data/corruptions/arrays.h"
#include "data/corruptions/workspace.h"

namespace data::corruptions {

struct CannyThresholds {
  int low, high;
};

// 255 on edges, else 0: where the gradient |dx| + |dy| (Sobel 3x3, the border's pixel going on) is
// the largest across its direction and either above `high`, or above `low` and connected to such a
// pixel. Canny: A Computational Approach to Edge Detection (1986).
void canny(const std::uint8_t* in, Grid grid, CannyThresholds thresholds, std::uint8_t* edges,
           Workspace& workspace);

// The distance to the nearest pixel that is not 0, along steps of length 1 (beside), 1.4 (diagonal)
// and 2.1969 (a knight's move), in units of 2^-16; 8191 or so where there is none. Borgefors:
// Distance Transformations in Digital Images (1986).
void distance_to(const std::uint8_t* marked, Grid grid, float* distance, Workspace& workspace);

}  // namespace data::corruptions
