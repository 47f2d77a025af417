// Where a training's batches come from: made by threads of the processor while a step runs, or by a
// GPU as the first call of its step. Both make the same bits.
#pragma once

#include <memory>

#include "aux_training/classifier.h"
#include "data/loader.h"
#include "engine/runtime/session.h"

namespace aux_training {

class Batches {
 public:
  virtual ~Batches() = default;
  // Writes down what a step takes: images [views, batch, height, width, 3] and labels [batch].
  virtual Batch record(Program&) = 0;
  // Once there is a session of that program. As Loader's functions of these names.
  virtual void begin(engine::Session&) = 0;
  virtual void start(int epoch, int first_step) = 0;
  virtual int wait() = 0;
  virtual void stop() = 0;
};

// `images` must outlive the batches.
std::unique_ptr<Batches> make_batches(const engine::Device&, const data::Images& images,
                                      const data::Normalization&, const data::LoaderSettings&);

}  // namespace aux_training
