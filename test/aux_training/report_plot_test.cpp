#include <cmath>
#include <limits>

#include "aux_training/report/axis.h"
#include "aux_training/report/curves.h"
#include "aux_training/report/svg_plot.h"
#include "kernels/base/check.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

namespace {

using namespace aux_training;
using test_support::contains;

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) {
    ++found;
  }
  return found;
}

// Tags that open and are never closed, or the other way round; attributes with odd quotes.
bool well_formed(const std::string& xml) {
  std::vector<std::string> open;
  for (std::size_t at = 0; (at = xml.find('<', at)) != std::string::npos;) {
    const std::size_t end = xml.find('>', at);
    if (end == std::string::npos) return false;
    const std::string tag = xml.substr(at + 1, end - at - 1);
    at = end;
    if (count(tag, "\"") % 2 != 0 || tag.find('<') != std::string::npos) return false;
    const std::string name = tag.substr(tag[0] == '/', tag.find_first_of(" \n") - (tag[0] == '/'));
    if (tag[0] == '/') {
      if (open.empty() || open.back() != name) return false;
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(name);
    }
  }
  return open.empty();
}

std::vector<std::string> labels(const std::vector<double>& ticks, bool percent = false) {
  std::vector<std::string> out;
  for (double tick : ticks) out.push_back(tick_label(tick, percent));
  return out;
}

using Labels = std::vector<std::string>;

}  // namespace

TEST_CASE("plot: ticks are round numbers") {
  CHECK(labels(nice_ticks(0, 1, 5)) == Labels{"0", "0.2", "0.4", "0.6", "0.8", "1"});
  CHECK(labels(nice_ticks(0.13, 0.47, 5), true) == Labels{"20%", "30%", "40%"});
  CHECK(labels(nice_ticks(-1, 1, 4)) == Labels{"-1", "-0.5", "0", "0.5", "1"});
  CHECK(labels(nice_ticks(1, 3, 8, true)) == Labels{"1", "2", "3"});
  CHECK(labels(nice_ticks(1, 300, 8, true)) == Labels{"50", "100", "150", "200", "250", "300"});
  CHECK(labels(logarithmic_ticks(0.04, 2.5)) == Labels{"0.05", "0.1", "0.2", "0.5", "1", "2"});
  CHECK(labels(logarithmic_ticks(1e-4, 10)) == Labels{"0.0001", "0.001", "0.01", "0.1", "1", "10"});
}

TEST_CASE("plot: axes hold their values") {
  for (const std::vector<double>& values : {std::vector<double>{},
                                            {0.5},
                                            {0.0},
                                            {-3.0},
                                            {0.31, 0.92},
                                            {0.3, 1 - 0.7},
                                            {1e-9, 2e-9},
                                            {1e6, 1e7}}) {
    for (bool logarithmic : {false, true}) {
      const Axis axis = value_axis(values, logarithmic);
      CHECK(axis.low < axis.high);
      for (double value : values) {
        if (logarithmic && value <= 0) continue;
        CHECK(axis.position(value) >= -1e-9);
        CHECK(axis.position(value) <= 1 + 1e-9);
      }
      CHECK(axis.ticks.size() < 20);
    }
  }
  CHECK(value_axis({1e-20, 1.0}, true).low > 1e-6);  // five decades at most
  CHECK(whole_axis({7}).position(7) == 0.5);
}

TEST_CASE("plot: a chart has its title, legend and lines, and gaps where numbers fail") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Panel panel{
      "head & shoulders",
      "epoch",
      {{"a<b", {1, 2, 3, 4, 5}, {1, 2, nan, 2, 1}, -1, false}, {"", {1, 2}, {1, 2}, 3, true}}};
  const std::string svg = svg_plot("\"T\" > 0\x01", {panel, panel});
  CHECK(well_formed(svg));
  CHECK_THAT(svg, contains("<title>&quot;T&quot; &gt; 0</title>"));
  CHECK_THAT(svg, contains(">head &amp; shoulders<"));
  CHECK(count(svg, ">a&lt;b<") == 2);
  CHECK(count(svg, "<polyline class=\"curve c0\"") == 4);  // two runs in each panel
  CHECK(count(svg, "<polyline class=\"curve c3 dashed\"") == 2);
  CHECK(count(svg, "nan") == 0);
  CHECK(count(svg, "inf") == 0);
  CHECK_THROWS_AS(svg_plot("", {{"", "", {{"s", {1}, {}, -1, false}}}}), kernels::Error);
  CHECK(well_formed(svg_plot("no panels", {})));
  CHECK(well_formed(svg_plot("no points", {Panel{}})));
}

TEST_CASE("curves: accuracy by view and losses by part, a view in one colour") {
  std::vector<EpochRecord> epochs(3);
  for (int i = 0; i < 3; ++i) {
    epochs[i].epoch = i + 1;
    epochs[i].loss = 3.0 - i;
    epochs[i].losses = {{"clean", 2.0 - 0.5 * i},
                        {"gaussian_blur", 2.5 - 0.5 * i},
                        {"weight_penalty", i < 2 ? 0.0 : 0.1}};
    epochs[i].train_accuracy = {{"clean", 0.3 * i}, {"gaussian_blur", 0.2 * i}};
    epochs[i].test_accuracy = {{"clean", 0.3 * i}};
  }
  const std::string svg = curves_svg("run", epochs);
  CHECK(well_formed(svg));
  CHECK(count(svg, ">clean<") == 2);
  CHECK(count(svg, ">gaussian blur<") == 2);
  CHECK(count(svg, ">weight penalty<") == 1);
  CHECK(count(svg, ">total<") == 1);
  CHECK(count(svg, "<polyline class=\"curve c0\"") == 2);         // clean: test, loss
  CHECK(count(svg, "<polyline class=\"curve c0 dashed\"") == 1);  // clean: training
  CHECK(count(svg, "<polyline class=\"curve c1 dashed\"") == 1);
  CHECK(well_formed(curves_svg("empty", {})));
  CHECK(well_formed(curves_svg("one", {epochs[0]})));
}
