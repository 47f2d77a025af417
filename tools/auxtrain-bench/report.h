// What was measured, as tables for people and as JSON for programs.
#pragma once

#include <string>

#include "tools/auxtrain-bench/measured.h"

namespace tools {

std::string text_of(const Measured&, const Ceilings&, int threads);
std::string json_of(const Measured&, const Ceilings&, int threads);

}  // namespace tools
