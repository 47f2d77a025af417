// An H100 that need not be there: the libraries make plans for it from its properties alone
// (test/golden/h100_device_properties.json).
#pragma once

#include <filesystem>

#include "kernels/cudnn/libraries.h"

namespace test {

// Says that tests are skipped, and ends, where cuDNN cannot be loaded.
kernels::CudaLibraries::AbsentDevice absent_h100();

// Of one CudaLibraries for all tests.
kernels::Cuda cuda_of_absent_h100();

}  // namespace test
