// Tables of text for people.
#pragma once

#include <string>
#include <vector>

namespace aux_training {

enum class Align { Left, Right };

class Table {
 public:
  struct Column {
    std::string title;
    Align align = Align::Left;
  };
  explicit Table(std::vector<Column> columns);

  void row(std::vector<std::string> cells);  // as many as columns
  void line();                               // a rule before the next row

  // Columns are separated by two spaces; no trailing spaces; ends with a newline. Without any
  // title there is no head.
  std::string str() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;  // an empty one is a rule
};

// "12.3%", or "-" where share is not a number.
std::string percent(double share, int digits = 1);
// "1:02:03", "4:05" or "12 s".
std::string duration(double seconds);
// "11,173,962".
std::string grouped(long number);

}  // namespace aux_training
