#include "aux_training/evaluation/pieces_ahead.h"

#include <algorithm>

namespace aux_training {
namespace {

constexpr std::size_t kPieceBytes = 4 << 20;
constexpr int kMostBatches = 8;

int images_in_piece(const TestSet& test, int batch) {
  const std::size_t batch_bytes = std::max<std::size_t>(1, test.image_size() * std::size_t(batch));
  return batch * std::clamp(static_cast<int>(kPieceBytes / batch_bytes), 1, kMostBatches);
}

}  // namespace

PiecesAhead::PiecesAhead(const TestSet& test, const std::vector<ImageSet>& sets, int batch,
                         int threads)
    : test_(test),
      sets_(sets),
      piece_(images_in_piece(test, batch)),
      maker_([this, threads] { make_all(threads); }) {}

PiecesAhead::~PiecesAhead() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  maker_.join();
}

const Piece* PiecesAhead::next() {
  std::unique_lock lock(mutex_);
  if (taken_ > 0) slots_[(taken_ - 1) % 2].full = false;
  changed_.notify_all();
  Slot& slot = slots_[taken_ % 2];
  changed_.wait(lock, [&] { return slot.full || made_all_ || failure_; });
  if (slot.full) {
    ++taken_;
    return &slot.piece;
  }
  if (failure_) std::rethrow_exception(failure_);
  return nullptr;
}

// False where nobody wants any more.
bool PiecesAhead::wait_until_empty(Slot& slot) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !slot.full || stopping_; });
  return !stopping_;
}

void PiecesAhead::make_all(int threads) {
  std::exception_ptr failure;
  try {
    kernels::ThreadPool pool(threads);
    long made = 0;
    for (std::size_t set = 0; set < sets_.size(); ++set)
      for (int first = 0; first < test_.count; first += piece_) {
        Slot& slot = slots_[made++ % 2];
        if (!wait_until_empty(slot)) return;
        Piece& piece = slot.piece;
        piece.set = set;
        piece.first = first;
        piece.count = std::min(piece_, test_.count - first);
        piece.pixels.resize(static_cast<std::size_t>(piece_) * test_.image_size());
        sets_[set].write(first, piece.count, pool, piece.pixels.data());
        const std::lock_guard lock(mutex_);
        slot.full = true;
        changed_.notify_all();
      }
  } catch (...) {
    failure = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  failure_ = failure;
  made_all_ = true;
  changed_.notify_all();
}

}  // namespace aux_training
