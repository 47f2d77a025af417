// "did you mean ...?"
#pragma once

#include <string>
#include <vector>

namespace aux_training {

// The fewest letters inserted, removed or exchanged that turn one word into the other
// (Levenshtein, 1966).
int edit_distance(const std::string& from, const std::string& to);

// The candidate closest to the word, or "" when none is close. Paths are compared as a whole and
// by their last part, so that "gama" finds "method.gamma".
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

// "; did you mean quickstart?", or "; expected one of a, b, c" when none is close.
std::string suggestion(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace aux_training
