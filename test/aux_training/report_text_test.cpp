#include <cmath>

#include "aux_training/report/progress.h"
#include "aux_training/report/table.h"
#include "kernels/base/check.h"
#include "test/support/catch.h"

using namespace aux_training;

TEST_CASE("table: columns are aligned, whatever their letters") {
  Table table({{"name"}, {"error", Align::Right}});
  table.row({"blur", "7.25%"});
  table.line();
  table.row({"caf\xc3\xa9 noise", "100%"});
  CHECK(table.str() ==
        "name        error\n"
        "----------  -----\n"
        "blur        7.25%\n"
        "----------  -----\n"
        "caf\xc3\xa9 noise   100%\n");
  CHECK_THROWS_AS(table.row({"one cell"}), kernels::Error);

  Table headless({{""}, {""}});
  headless.row({"a", ""});
  headless.row({"bcd", "e"});
  CHECK(headless.str() == "a\nbcd  e\n");
}

TEST_CASE("table: numbers for people") {
  CHECK(percent(0.1234) == "12.3%");
  CHECK(percent(0.1234, 2) == "12.34%");
  CHECK(percent(std::nan("")) == "-");
  CHECK(duration(0) == "0 s");
  CHECK(duration(59.4) == "59 s");
  CHECK(duration(59.6) == "1:00");
  CHECK(duration(3599) == "59:59");
  CHECK(duration(3661) == "1:01:01");
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(11173962) == "11,173,962");
  CHECK(grouped(-123456) == "-123,456");
}

TEST_CASE("progress: a line tells what is done, how fast and how long still") {
  CHECK(progress_line("epoch 3/8", 250, 1000, 2.0, "images", 100) ==
        "epoch 3/8  [######------------------]  25%  6 s left  125 images/s  250/1000");
  CHECK(progress_line("e", 0, 10, 0.0, "images", 100) ==
        "e  [------------------------]   0%  0/10");
  CHECK(progress_line("e", 10, 10, 4.0, "steps", 100) ==
        "e  [########################] 100%  0 s left  2.5 steps/s  10/10");
  CHECK(progress_line("e", 11, 10, 0.0, "steps", 100).substr(0, 33) ==
        "e  [########################] 100");
  CHECK(progress_line("e", 0, 0, 0.0, "steps", 100).find("0%") != std::string::npos);
  for (int columns = 0; columns < 90; ++columns) {
    CHECK(static_cast<int>(progress_line("epoch 3/8", 250, 1000, 2.0, "images", columns).size()) <=
          std::max(columns - 1, 0));
  }
}

TEST_CASE("progress: a long training says at its beginning how long it takes") {
  CHECK(forecast(300, 390, 116940, 0.0462) ==
        "300 epochs of 390 steps, 116,940 of them to go at 46.2 ms each: 1:30:03, and evaluations");
}
