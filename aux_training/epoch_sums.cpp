#include "aux_training/epoch_sums.h"

namespace aux_training {

void EpochSums::add(engine::Session& session, const TrainingProgram& network, size_t views,
                    double loss_of_step, double penalty_of_step) {
  loss += loss_of_step;
  penalty += penalty_of_step;
  ce.resize(views);
  kl.resize(views);
  correct.resize(views);
  for (size_t view = 0; view < views; ++view) {
    ce[view] += static_cast<double>(session.result(network.losses.ce_loss)[view]);
    kl[view] += static_cast<double>(session.result(network.losses.kl_loss)[view]);
    correct[view] += static_cast<double>(session.result(network.losses.correct)[view]);
  }
  if (network.penalty) {
    const float* distance = session.result(network.head_distance);
    head_distance.assign(distance, distance + views - 1);
  }
}

EpochRecord EpochSums::means(const std::vector<std::string>& views, long steps, int batch) const {
  const double count = static_cast<double>(steps), images = count * batch;
  EpochRecord record;
  record.loss = loss / count;
  double distillation = 0;
  for (size_t view = 0; view < views.size(); ++view) {
    record.losses.emplace_back(views[view], ce[view] / count);
    record.train_accuracy.emplace_back(views[view], correct[view] / images);
    distillation += kl[view] / count;
  }
  if (!head_distance.empty()) {
    record.losses.emplace_back("distillation", distillation);
    record.losses.emplace_back("weight_penalty", penalty / count);
    record.head_distance.assign(head_distance.begin(), head_distance.end());
  }
  record.seconds = seconds;
  record.images_per_second = images / seconds;
  return record;
}

}  // namespace aux_training
