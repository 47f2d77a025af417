#include "tools/auxtrain-bench/report.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <span>

#include "aux_training/environment.h"
#include "aux_training/report/table.h"
#include "kernels/base/check.h"

namespace tools {
namespace {

using aux_training::Align;
using aux_training::percent;
using aux_training::Table;
using nlohmann::ordered_json;

std::string fixed(double number, int digits = 1) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.*f", digits, number);
  return buffer;
}
std::string mebibytes(std::size_t bytes) { return fixed(static_cast<double>(bytes) / 1048576.0); }

std::string head_of(const Measured& measured) {
  const auto& [copy, float_peak, bfloat16_peak] = measured.ceilings;
  const bool cpu = measured.device == "cpu";
  const std::string device =
      cpu ? kernels::text(measured.threads, measured.threads == 1 ? " thread" : " threads")
          : measured.device;
  const std::string peaks =
      cpu ? kernels::text(", float ", fixed(float_peak / 1e9, 0), " GFLOP/s, bf16 convolution ",
                          fixed(bfloat16_peak / 1e9, 0), " GFLOP/s")
          : "";
  return kernels::text(device, "; copy ", fixed(copy / 1e9), " GB/s (read + written)", peaks, "\n",
                       "Bytes of a call are the least it can move: every array it is given read "
                       "once, every result written once.\n",
                       cpu ? "Operations are those of the formula. The ceiling is the copy "
                             "bandwidth or the peak, whichever binds; arrays\n"
                             "that caches hold may pass it, and algorithms that need less "
                             "arithmetic than the formula.\n"
                           : "Calls take turns on so many sets of arrays that the second-level "
                             "cache holds none of them.\n");
}

std::string table_of_steps(const Measured& measured) {
  const bool gpu = measured.device != "cpu";
  std::vector<Table::Column> columns{{"step"},
                                     {"ms", Align::Right},
                                     {"noise", Align::Right},
                                     {"view-images/s", Align::Right},
                                     {"GFLOP/s", Align::Right},
                                     {"of ceiling", Align::Right},
                                     {"calls", Align::Right},
                                     {"arena MiB", Align::Right},
                                     {"process MiB", Align::Right}};
  if (gpu) columns.push_back({"host us", Align::Right});
  Table table(columns);
  for (const StepRow& row : measured.steps) {
    std::vector<std::string> cells{row.name,
                                   fixed(row.timing.seconds * 1e3),
                                   percent(row.timing.noise),
                                   fixed(row.view_images_per_second),
                                   fixed(row.operations_per_second / 1e9),
                                   percent(row.floor_seconds / row.timing.seconds, 0),
                                   std::to_string(row.calls),
                                   mebibytes(row.arena_bytes),
                                   mebibytes(row.peak_resident_bytes)};
    if (gpu) cells.push_back(fixed(row.host_seconds * 1e6, 0));
    table.row(std::move(cells));
  }
  return table.str();
}

std::string table_of_loaders(const Measured& measured) {
  Table table({{"step with its loader"},
               {"ms", Align::Right},
               {"without", Align::Right},
               {"noise", Align::Right},
               {"cost", Align::Right},
               {"a batch alone, ms", Align::Right},
               {"loader threads", Align::Right}});
  for (const LoaderRow& row : measured.loaders)
    table.row({row.name, fixed(row.with.seconds * 1e3), fixed(row.without.seconds * 1e3),
               percent(std::max(row.with.noise, row.without.noise)), percent(row.cost()),
               fixed(row.batch_seconds * 1e3), std::to_string(row.loader_threads)});
  return table.str();
}

// The calls of one program, which rows have side by side, longest first; those that take less than
// kLeastShare of the step in one line.
std::string table_of_calls(std::span<const CallRow> rows, const Ceilings& c) {
  constexpr double kLeastShare = .005;
  double step = 0;
  for (const CallRow& row : rows) step += row.seconds_in_step();
  Table table({{rows.front().where},
               {"largest array"},
               {"type"},
               {"times", Align::Right},
               {"ms", Align::Right},
               {"noise", Align::Right},
               {"of these", Align::Right},
               {"MB", Align::Right},
               {"GB/s", Align::Right},
               {"GFLOP/s", Align::Right},
               {"of ceiling", Align::Right}});
  int others = 0;
  double others_seconds = 0;
  for (const CallRow& row : rows) {
    if (row.seconds_in_step() < kLeastShare * step) {
      others += row.count;
      others_seconds += row.seconds_in_step();
      continue;
    }
    const double seconds = row.timing.seconds;
    table.row({row.kernel, row.shape, row.type, std::to_string(row.count), fixed(seconds * 1e3, 3),
               percent(row.timing.noise, 0), percent(row.seconds_in_step() / step),
               fixed(row.bytes / 1e6), fixed(row.bytes / seconds / 1e9),
               row.operations > 0 ? fixed(row.operations / seconds / 1e9) : "",
               percent(row.floor_seconds(c) / seconds, 0)});
  }
  if (others > 0)
    table.row({"others, together", "", "", std::to_string(others), fixed(others_seconds * 1e3, 3),
               "", percent(others_seconds / step), "", "", "", ""});
  return table.str();
}

std::string table_of_operations(const std::vector<CallRow>& rows, const Ceilings& c) {
  Table table({{"operation"},
               {"call"},
               {"type"},
               {"ms", Align::Right},
               {"noise", Align::Right},
               {"MB", Align::Right},
               {"GB/s", Align::Right},
               {"GFLOP/s", Align::Right},
               {"of ceiling", Align::Right}});
  const std::string* before = nullptr;
  for (const CallRow& row : rows) {
    const double seconds = row.timing.seconds;
    table.row({before && *before == row.where ? "" : row.where, row.kernel, row.type,
               fixed(seconds * 1e3, 4), percent(row.timing.noise, 0), fixed(row.bytes / 1e6),
               fixed(row.bytes / seconds / 1e9),
               row.operations > 0 ? fixed(row.operations / seconds / 1e9) : "",
               percent(row.floor_seconds(c) / seconds, 0)});
    before = &row.where;
  }
  return table.str();
}

ordered_json if_measured(double rate) { return rate > 0 ? ordered_json(rate) : nullptr; }

ordered_json json_of(const Timing& timing) {
  return {{"median_seconds", timing.seconds}, {"noise", timing.noise}};
}

}  // namespace

std::string text_of(const Measured& measured) {
  const Ceilings& c = measured.ceilings;
  std::string text = head_of(measured);
  if (!measured.steps.empty()) text += kernels::text("\n", table_of_steps(measured));
  if (!measured.loaders.empty()) text += kernels::text("\n", table_of_loaders(measured));
  const std::vector<CallRow>& calls = measured.calls;
  for (std::size_t begin = 0, end = 0; begin < calls.size(); begin = end) {
    while (end < calls.size() && calls[end].where == calls[begin].where) ++end;
    text += kernels::text("\n", table_of_calls(std::span(calls).subspan(begin, end - begin), c));
  }
  if (!measured.operations.empty())
    text += kernels::text("\n", table_of_operations(measured.operations, c));
  return text;
}

std::string json_of(const Measured& measured) {
  const Ceilings& c = measured.ceilings;
  const aux_training::Environment e = aux_training::environment();
  ordered_json json{
      {"version", e.version},
      {"commit", e.commit},
      {"processor", e.processor},
      {"onednn", e.onednn},
      {"device", measured.device},
      {"threads", measured.threads},
      {"copy_bytes_per_second", c.copy_bytes_per_second},
      {"float_operations_per_second", if_measured(c.float_operations_per_second)},
      {"bfloat16_operations_per_second", if_measured(c.bfloat16_operations_per_second)},
      {"steps", ordered_json::array()},
      {"loaders", ordered_json::array()},
      {"calls", ordered_json::array()},
      {"operations", ordered_json::array()}};
  for (const StepRow& row : measured.steps)
    json["steps"].push_back({{"name", row.name},
                             {"median_seconds", row.timing.seconds},
                             {"noise", row.timing.noise},
                             {"view_images_per_second", row.view_images_per_second},
                             {"operations_per_second", row.operations_per_second},
                             {"share_of_ceiling", row.floor_seconds / row.timing.seconds},
                             {"host_seconds", row.host_seconds},
                             {"calls", row.calls},
                             {"arena_bytes", row.arena_bytes},
                             {"lasting_bytes", row.lasting_bytes},
                             {"resident_before_bytes", row.resident_before_bytes},
                             {"unshared_bytes", row.unshared_bytes},
                             {"peak_resident_bytes", row.peak_resident_bytes}});
  for (const LoaderRow& row : measured.loaders)
    json["loaders"].push_back({{"name", row.name},
                               {"loader_threads", row.loader_threads},
                               {"with", json_of(row.with)},
                               {"without", json_of(row.without)},
                               {"batch_seconds", row.batch_seconds},
                               {"cost", row.cost()}});
  for (const auto& [name, rows] :
       {std::pair("calls", &measured.calls), std::pair("operations", &measured.operations)})
    for (const CallRow& row : *rows) {
      json[name].push_back({{"where", row.where},
                            {"kernel", row.kernel},
                            {"shape", row.shape},
                            {"type", row.type},
                            {"count", row.count},
                            {"median_seconds", row.timing.seconds},
                            {"noise", row.timing.noise},
                            {"bytes", row.bytes},
                            {"operations", row.operations},
                            {"share_of_ceiling", row.floor_seconds(c) / row.timing.seconds}});
      if (measured.device != "cpu") json[name].back()["reread_bytes"] = row.reread_bytes;
    }
  return json.dump(2);
}

}  // namespace tools
