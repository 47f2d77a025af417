#include "aux_training/recipe/nearest.h"

#include <algorithm>
#include <numeric>

namespace aux_training {
namespace {

std::string last_part(const std::string& path) { return path.substr(path.rfind('.') + 1); }

}  // namespace

int edit_distance(const std::string& from, const std::string& to) {
  std::vector<int> row(to.size() + 1);  // distances of a prefix of `from` to all prefixes of `to`
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < from.size(); ++i) {
    int diagonal = row[0];
    row[0] = static_cast<int>(i) + 1;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const int exchanged = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({exchanged, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

std::string nearest(const std::string& word, const std::vector<std::string>& candidates) {
  const std::string last = last_part(word);
  std::string best;
  int least = std::max<int>(2, static_cast<int>(last.size()) / 3) + 1;
  for (const std::string& candidate : candidates) {
    // The last parts alone count for a little less than the whole.
    const int distance =
        std::min(edit_distance(word, candidate), edit_distance(last, last_part(candidate)) + 1);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

std::string suggestion(const std::string& word, const std::vector<std::string>& candidates) {
  const std::string best = nearest(word, candidates);
  if (!best.empty()) return "; did you mean " + best + "?";
  std::string all = "; expected one of ";
  for (const std::string& candidate : candidates) {
    if (&candidate != &candidates.front()) all += ", ";
    all += candidate;
  }
  return all;
}

}  // namespace aux_training
