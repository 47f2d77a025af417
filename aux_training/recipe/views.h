// The forms in which every image enters the steps of a recipe.
#pragma once

#include <string>
#include <vector>

#include "aux_training/recipe/recipe.h"
#include "data/loader.h"

namespace aux_training {

// The views a recipe has classifiers for: clean, and one per auxiliary classifier.
std::vector<data::View> views_of(const Recipe&);

// What a batch holds of each image: "clean" and names of corruptions, or "mixed".
std::vector<std::string> names_in_batch(const Recipe&);

// How batches are made by `threads`, those of the whole training.
data::LoaderSettings loader_settings(const Recipe&, int threads);

}  // namespace aux_training
