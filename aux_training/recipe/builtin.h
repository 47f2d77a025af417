// The recipes that come with the program, as JSON text.
#pragma once

#include <string>

namespace aux_training {

// Null when there is no built-in recipe of this name.
const std::string* builtin_json(const std::string& name);

}  // namespace aux_training
