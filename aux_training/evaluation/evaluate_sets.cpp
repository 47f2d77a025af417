#include "aux_training/evaluation/evaluate_sets.h"

#include "aux_training/evaluation/pieces_ahead.h"

namespace aux_training {

SetErrors evaluate_sets(const std::vector<Candidate>& models, const TestSet& test,
                        const std::vector<ImageSet>& sets, int threads,
                        const std::function<void(long images)>& progress) {
  std::vector<std::vector<Errors>> none;
  for (const Candidate& model : models) {
    model.evaluator->check_fits(test.height, test.width, test.classes);
    none.emplace_back(static_cast<std::size_t>(model.evaluator->classifiers()));
  }
  SetErrors errors(sets.size(), none);
  PiecesAhead pieces(test, sets, Evaluator::kBatch, threads);
  long seen = 0;
  while (const Piece* piece = pieces.next()) {
    for (std::size_t m = 0; m < models.size(); ++m)
      models[m].evaluator->count_errors(piece->pixels.data(), test.labels.data() + piece->first,
                                        piece->count, models[m].normalization,
                                        errors[piece->set][m].data());
    progress(seen += piece->count);
  }
  return errors;
}

}  // namespace aux_training
