// Found in place of the toolkit's header of the same name. The groups are in cuda_runtime.h.
#pragma once

#include "test/stand_in/cuda_runtime.h"
