#include "aux_training/report/svg_plot.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>

#include "aux_training/report/axis.h"
#include "kernels/base/check.h"

namespace aux_training {
namespace {

// All in pixels.
constexpr double kPlotWidth = 440, kPlotHeight = 270;
constexpr double kLeft = 62, kRight = 22, kBottom = 52;
constexpr double kTitleHeight = 54, kPanelTitle = 26, kLegendRow = 20;
constexpr double kLetter = 6.6, kSwatch = 20, kLegendGap = 16;  // kLetter: an average width
constexpr std::size_t kDotsUpTo = 16;                           // points of a series

constexpr const char* kStyle = R"(<style>
  text { font: 12px system-ui, "Segoe UI", "Helvetica Neue", "DejaVu Sans", sans-serif; fill: #4a5160; }
  .title { font-size: 17px; font-weight: 600; fill: #1d2330; }
  .head { font-size: 13px; font-weight: 600; fill: #1d2330; }
  .paper { fill: #ffffff; }
  .grid { stroke: #e4e7ec; stroke-width: 1; }
  .frame { stroke: #9aa1ad; stroke-width: 1; }
  .curve { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
  .dashed { stroke-width: 1.5; stroke-dasharray: 2 5; }
  .c0 { stroke: #1f6fd1; } .c1 { stroke: #e07b1a; } .c2 { stroke: #2c9b5c; } .c3 { stroke: #d1435b; }
  .c4 { stroke: #8259c4; } .c5 { stroke: #129aa6; } .c6 { stroke: #c2579b; } .c7 { stroke: #7b828e; }
  @media (prefers-color-scheme: dark) {
    text { fill: #aab2c0; }
    .title, .head { fill: #eef1f6; }
    .paper { fill: #14181f; }
    .grid { stroke: #2a303b; }
    .frame { stroke: #6a7280; }
    .c0 { stroke: #5aa2f5; } .c1 { stroke: #f5a04c; } .c2 { stroke: #57c785; } .c3 { stroke: #f2748a; }
    .c4 { stroke: #ab8ae8; } .c5 { stroke: #43c3ce; } .c6 { stroke: #e48bc3; } .c7 { stroke: #a3abb8; }
  }
</style>
)";

std::string escaped(const std::string& text) {
  std::string out;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (byte >= 32)
      out += c;  // XML has no control characters
  }
  return out;
}

std::string pixels(double value) {
  char out[32];
  std::snprintf(out, sizeof out, "%.1f", value);
  return out;
}

std::string color_class(const Series& series, std::size_t index) {
  const int color = series.color >= 0 ? series.color : static_cast<int>(index);
  return kernels::text("c", color % kColors);
}

class Svg {
 public:
  void text(double x, double y, const std::string& words, const char* attributes) {
    out_ << "<text x=\"" << pixels(x) << "\" y=\"" << pixels(y) << "\" " << attributes << ">"
         << escaped(words) << "</text>\n";
  }
  void line(double x1, double y1, double x2, double y2, const std::string& kind) {
    out_ << "<line class=\"" << kind << "\" x1=\"" << pixels(x1) << "\" y1=\"" << pixels(y1)
         << "\" x2=\"" << pixels(x2) << "\" y2=\"" << pixels(y2) << "\"/>\n";
  }
  std::ostringstream& raw() { return out_; }

 private:
  std::ostringstream out_;
};

struct Point {
  double x, y;
};

// The points of a series in pixels, cut into unbroken runs.
std::vector<std::vector<Point>> runs_of(const Series& series, const Axis& x_axis,
                                        const Axis& y_axis) {
  std::vector<std::vector<Point>> runs(1);
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    const bool drawn = std::isfinite(series.x[i]) && std::isfinite(series.y[i]) &&
                       (!y_axis.logarithmic || series.y[i] > 0);
    if (drawn) {
      runs.back().push_back({kPlotWidth * x_axis.position(series.x[i]),
                             kPlotHeight * (1 - y_axis.position(series.y[i]))});
    } else if (!runs.back().empty()) {
      runs.emplace_back();
    }
  }
  return runs;
}

void draw_series(Svg& svg, const Series& series, const std::string& color, const Axis& x_axis,
                 const Axis& y_axis) {
  for (const std::vector<Point>& run : runs_of(series, x_axis, y_axis)) {
    if (run.size() > 1) {
      svg.raw() << "<polyline class=\"curve " << color << (series.dashed ? " dashed" : "")
                << "\" points=\"";
      for (const Point& point : run) svg.raw() << pixels(point.x) << "," << pixels(point.y) << " ";
      svg.raw() << "\"/>\n";
    }
    if (series.dashed || (run.size() > 1 && series.x.size() > kDotsUpTo)) continue;
    for (const Point& point : run) {  // a line of no length with round ends is a dot
      svg.raw() << "<path class=\"curve " << color << "\" style=\"stroke-width:5\" d=\"M"
                << pixels(point.x) << " " << pixels(point.y) << "h0\"/>\n";
    }
  }
}

struct LegendEntry {
  const Series* series;
  std::string color;
  double x;
  int row;
};

// Entries from left to right in as many rows as needed; a series without a name has none.
std::vector<LegendEntry> legend_of(const Panel& panel) {
  std::vector<LegendEntry> entries;
  double x = 0;
  int row = 0;
  for (std::size_t i = 0; i < panel.series.size(); ++i) {
    const Series& series = panel.series[i];
    if (series.name.empty()) continue;
    const double width = kSwatch + 6 + kLetter * static_cast<double>(series.name.size());
    if (x > 0 && x + width > kPlotWidth) {
      x = 0;
      ++row;
    }
    entries.push_back({&series, color_class(series, i), x, row});
    x += width + kLegendGap;
  }
  return entries;
}

int legend_rows(const Panel& panel) {
  const auto entries = legend_of(panel);
  return entries.empty() ? 0 : entries.back().row + 1;
}

void draw_axes(Svg& svg, const Panel& panel, const Axis& x_axis, const Axis& y_axis) {
  for (double tick : y_axis.ticks) {
    const double y = kPlotHeight * (1 - y_axis.position(tick));
    svg.line(0, y, kPlotWidth, y, "grid");
    svg.text(-8, y + 4, tick_label(tick, panel.percent), "text-anchor=\"end\"");
  }
  for (double tick : x_axis.ticks) {
    const double x = kPlotWidth * x_axis.position(tick);
    svg.line(x, kPlotHeight, x, kPlotHeight + 4, "frame");
    svg.text(x, kPlotHeight + 18, tick_label(tick), "text-anchor=\"middle\"");
  }
  svg.line(0, kPlotHeight, kPlotWidth, kPlotHeight, "frame");
  svg.text(kPlotWidth / 2, kPlotHeight + 38, panel.x_label, "text-anchor=\"middle\"");
}

void draw_panel(Svg& svg, const Panel& panel, double legend_height) {
  std::vector<double> xs, ys;
  for (const Series& series : panel.series) {
    CHECK(series.x.size() == series.y.size(), "plot: ", series.name, ": expected as many x as y");
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (std::isfinite(series.x[i])) xs.push_back(series.x[i]);
      if (std::isfinite(series.y[i])) ys.push_back(series.y[i]);
    }
  }
  const Axis x_axis = whole_axis(xs), y_axis = value_axis(ys, panel.logarithmic);

  svg.text(0, -legend_height - 14, panel.title, "class=\"head\"");
  for (const LegendEntry& entry : legend_of(panel)) {
    const double y = -legend_height + 4 + kLegendRow * entry.row;
    svg.line(entry.x, y, entry.x + kSwatch, y,
             "curve " + entry.color + (entry.series->dashed ? " dashed" : ""));
    svg.text(entry.x + kSwatch + 6, y + 4, entry.series->name, "");
  }
  draw_axes(svg, panel, x_axis, y_axis);
  svg.raw() << "<g clip-path=\"url(#plot)\">\n";
  for (std::size_t i = panel.series.size(); i-- > 0;) {  // the first one on top
    draw_series(svg, panel.series[i], color_class(panel.series[i], i), x_axis, y_axis);
  }
  svg.raw() << "</g>\n";
}

}  // namespace

std::string svg_plot(const std::string& title, const std::vector<Panel>& panels) {
  int rows = 0;
  for (const Panel& panel : panels) rows = std::max(rows, legend_rows(panel));
  const double legend_height = kLegendRow * rows + 2;
  const double top = kTitleHeight + kPanelTitle + legend_height;
  const double panel_width = kLeft + kPlotWidth + kRight;
  const double width = panel_width * static_cast<double>(std::max<std::size_t>(panels.size(), 1));
  const double height = top + kPlotHeight + kBottom;

  Svg svg;
  svg.raw() << "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 "
            << pixels(width) << " " << pixels(height) << "\" width=\"" << pixels(width)
            << "\" height=\"" << pixels(height) << "\">\n<title>" << escaped(title) << "</title>\n"
            << kStyle << "<clipPath id=\"plot\"><rect x=\"-4\" y=\"-4\" width=\""
            << pixels(kPlotWidth + 8) << "\" height=\"" << pixels(kPlotHeight + 8)
            << "\"/></clipPath>\n"
            << "<rect class=\"paper\" width=\"100%\" height=\"100%\" rx=\"8\"/>\n";
  svg.text(kLeft, 34, title, "class=\"title\"");
  for (std::size_t i = 0; i < panels.size(); ++i) {
    svg.raw() << "<g transform=\"translate(" << pixels(kLeft + panel_width * static_cast<double>(i))
              << " " << pixels(top) << ")\">\n";
    draw_panel(svg, panels[i], legend_height);
    svg.raw() << "</g>\n";
  }
  svg.raw() << "</svg>\n";
  return svg.raw().str();
}

}  // namespace aux_training
