// The images of some sets, piece after piece. A thread with helpers of its own makes the next piece
// while this one is looked at; two pieces are in memory.
#pragma once

#include <array>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "aux_training/evaluation/image_sets.h"

namespace aux_training {

struct Piece {
  std::size_t set = 0;  // in the order given
  int first = 0, count = 0;
  std::vector<std::uint8_t> pixels;  // [count, height, width, 3], or more memory than that
};

class PiecesAhead {
 public:
  // Begins at once. Pieces have a multiple of `batch` images, but for the last one of a set.
  PiecesAhead(const TestSet&, const std::vector<ImageSet>&, int batch, int threads);
  ~PiecesAhead();
  PiecesAhead(const PiecesAhead&) = delete;
  PiecesAhead& operator=(const PiecesAhead&) = delete;

  // Every set from its first image to its last; null after them all. A piece is there until the
  // next call. What goes wrong while a piece is made is thrown here, in that piece's place.
  const Piece* next();

 private:
  struct Slot {
    Piece piece;
    bool full = false;
  };
  void make_all(int threads);
  bool wait_until_empty(Slot&);

  const TestSet& test_;
  const std::vector<ImageSet>& sets_;
  const int piece_;  // images
  std::array<Slot, 2> slots_;
  long taken_ = 0;
  bool made_all_ = false, stopping_ = false;
  std::exception_ptr failure_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread maker_;  // the last, since it uses all the others
};

}  // namespace aux_training
