// Line charts as SVG text, readable in light and dark viewers, with no program needed to draw them.
#pragma once

#include <string>
#include <vector>

namespace aux_training {

struct Series {
  std::string name;          // empty: not in the legend
  std::vector<double> x, y;  // of equal length; a value that is not finite leaves a gap
  int color = -1;            // of kColors; -1: the next one
  bool dashed = false;
};
constexpr int kColors = 8;

struct Panel {
  std::string title, x_label;
  std::vector<Series> series;
  bool logarithmic = false;  // y axis; values <= 0 leave gaps
  bool percent = false;      // y is a share of 1, shown as percent
};

// One chart per panel, side by side. Panels without points are drawn as empty axes.
std::string svg_plot(const std::string& title, const std::vector<Panel>& panels);

}  // namespace aux_training
