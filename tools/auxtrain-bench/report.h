// What was measured, as tables for people and as JSON for programs.
#pragma once

#include <string>

#include "tools/auxtrain-bench/measured.h"

namespace tools {

std::string text_of(const Measured&);
std::string json_of(const Measured&);

}  // namespace tools
