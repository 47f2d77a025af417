// A progress bar on standard error for whoever waits. Nothing is drawn when standard error is no
// terminal, with NO_COLOR set or TERM=dumb, or when quiet.
#pragma once

#include <chrono>
#include <string>

namespace aux_training {

// "epoch 3/300  [##########--------------]  42%  0:23 left  1234 images/s  21504/50000", cut to
// fit into `columns`.
std::string progress_line(const std::string& label, long done, long total, double seconds,
                          const std::string& unit, int columns);

// For whoever may not want to wait that long:
// "300 epochs of 390 steps, 116,940 of them to go at 46.2 ms each: 1:30:02, and evaluations".
std::string forecast(int epochs, long steps_per_epoch, long to_go, double seconds_per_step);

class Progress {
 public:
  Progress(std::string label, long total, bool quiet = false, std::string unit = "images");
  ~Progress() { clear_line(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(long done);  // redraws a few times a second at most, so call it as often as you like
  void clear_line();       // before printing a line of your own

 private:
  using Clock = std::chrono::steady_clock;
  const std::string label_, unit_;
  const long total_;
  const bool visible_;
  bool drawn_ = false;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point last_draw_ = start_;
};

}  // namespace aux_training
