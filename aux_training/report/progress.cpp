#include "aux_training/report/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "aux_training/report/table.h"

namespace aux_training {
namespace {

constexpr int kBarWidth = 24;
constexpr std::chrono::milliseconds kBetweenDraws{200};

bool wanted(bool quiet) {
  const char* const no_color = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  return !quiet && ::isatty(STDERR_FILENO) == 1 && (no_color == nullptr || *no_color == '\0') &&
         (terminal == nullptr || std::string_view(terminal) != "dumb");
}

int terminal_columns() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

}  // namespace

std::string progress_line(const std::string& label, long done, long total, double seconds,
                          const std::string& unit, int columns) {
  const double share = total > 0 ? std::clamp(static_cast<double>(done) / total, 0.0, 1.0) : 0;
  const int filled = static_cast<int>(share * kBarWidth);
  std::string line =
      label + "  [" + std::string(filled, '#') + std::string(kBarWidth - filled, '-') + "]";
  const auto add = [&](const std::string& part) {
    if (static_cast<int>(line.size() + part.size()) < columns) line += part;
  };
  char number[32];
  std::snprintf(number, sizeof number, " %3d%%", static_cast<int>(share * 100));
  add(number);
  if (seconds > 0 && done > 0) {
    const double rate = static_cast<double>(done) / seconds;
    add("  " + duration(std::ceil(static_cast<double>(std::max(total - done, 0L)) / rate)) +
        " left");
    std::snprintf(number, sizeof number, rate < 10 ? "%.1f" : "%.0f", rate);
    add(std::string("  ") + number + " " + unit + "/s");
  }
  add("  " + std::to_string(done) + "/" + std::to_string(total));
  return line.substr(0, static_cast<std::size_t>(std::max(columns - 1, 0)));
}

std::string forecast(int epochs, long steps_per_epoch, long to_go, double seconds_per_step) {
  char each[32];
  std::snprintf(each, sizeof each, "%.1f", seconds_per_step * 1e3);
  return std::to_string(epochs) + " epochs of " + grouped(steps_per_epoch) + " steps, " +
         grouped(to_go) + " of them to go at " + each +
         " ms each: " + duration(seconds_per_step * static_cast<double>(to_go)) +
         ", and evaluations";
}

Progress::Progress(std::string label, long total, bool quiet, std::string unit)
    : label_(std::move(label)), unit_(std::move(unit)), total_(total), visible_(wanted(quiet)) {}

void Progress::update(long done) {
  if (!visible_) return;
  const Clock::time_point now = Clock::now();
  if (drawn_ && now - last_draw_ < kBetweenDraws) return;
  last_draw_ = now;
  drawn_ = true;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const std::string line = progress_line(label_, done, total_, seconds, unit_, terminal_columns());
  std::fprintf(stderr, "\r\033[K%s", line.c_str());
  std::fflush(stderr);
}

void Progress::clear_line() {
  if (!drawn_) return;
  drawn_ = false;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
}

}  // namespace aux_training
