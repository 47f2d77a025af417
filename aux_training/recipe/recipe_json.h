// A recipe as a JSON tree: between the text of recipe.h and its structs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "aux_training/recipe/recipe.h"

namespace aux_training {

using Json = nlohmann::ordered_json;

// The default recipe. It is the schema, too: it has every key, and a value of every key's type.
const Json& default_tree();

// Every key: "method.gamma", ...
const std::vector<std::string>& all_keys();

// A JSON object in which no key stands twice. UsageError names the line.
Json parse_object(const std::string& text, const std::string& source);

// Sets in `tree` what `layer` says. UsageError for an unknown key, a wrong type, an unknown word or
// a number out of range.
void merge(Json& tree, const Json& layer, const std::string& source);

// Structs from a complete tree. UsageError when its values do not go together.
Recipe recipe_of(const Json& tree, const std::string& source);

// A value as an error message shows it: short.
std::string shown(const Json& value);

}  // namespace aux_training
