// The GPU that sessions and trainings of these tests run on: the stand-in, or the first there is.
#pragma once

#include "kernels/base/gpu.h"

namespace test {

// Where there is none, the test is skipped by name.
const kernels::Gpu& gpu();

// How far float results may lie from the CPU's: its convolutions are in TF32 on a GPU.
extern const double kRounding, kRoundingOfTraining;  // of a few steps, of a loss after epochs

}  // namespace test
