#include "aux_training/report/table.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "kernels/base/check.h"

namespace aux_training {
namespace {

// Columns of a terminal: the letters of UTF-8 text, whose further bytes are 10xxxxxx.
std::size_t width_of(const std::string& cell) {
  return static_cast<std::size_t>(std::count_if(
      cell.begin(), cell.end(), [](char c) { return (static_cast<unsigned char>(c) >> 6) != 2; }));
}

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::row(std::vector<std::string> cells) {
  CHECK(cells.size() == columns_.size(), "table: expected ", columns_.size(), " cells, got ",
        cells.size());
  rows_.push_back(std::move(cells));
}

void Table::line() { rows_.emplace_back(); }

std::string Table::str() const {
  std::vector<std::size_t> widths;
  std::vector<std::string> head;
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    head.push_back(columns_[column].title);
    std::size_t width = width_of(head.back());
    for (const auto& cells : rows_) {
      if (!cells.empty()) width = std::max(width, width_of(cells[column]));
    }
    widths.push_back(width);
  }

  std::string out;
  const auto print = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t column = 0; column < columns_.size(); ++column) {
      const std::string cell = cells.empty() ? std::string(widths[column], '-') : cells[column];
      const std::string space(widths[column] - width_of(cell), ' ');
      if (column > 0) line += "  ";
      line += columns_[column].align == Align::Right ? space + cell : cell + space;
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  };
  if (std::any_of(head.begin(), head.end(), [](const auto& title) { return !title.empty(); })) {
    print(head);
    print({});
  }
  for (const auto& cells : rows_) print(cells);
  return out;
}

std::string percent(double share, int digits) {
  if (!std::isfinite(share)) return "-";
  char out[32];
  std::snprintf(out, sizeof out, "%.*f%%", digits, share * 100);
  return out;
}

std::string duration(double seconds) {
  const long whole = std::lround(std::clamp(seconds, 0.0, 1e9));
  char out[32];
  if (whole >= 3600) {
    std::snprintf(out, sizeof out, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  } else if (whole >= 60) {
    std::snprintf(out, sizeof out, "%ld:%02ld", whole / 60, whole % 60);
  } else {
    std::snprintf(out, sizeof out, "%ld s", whole);
  }
  return out;
}

std::string grouped(long number) {
  const std::string digits = std::to_string(number);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const bool after_digit = i > 0 && digits[i - 1] != '-';
    if (after_digit && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

}  // namespace aux_training
