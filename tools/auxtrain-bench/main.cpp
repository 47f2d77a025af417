// auxtrain-bench: how fast this machine runs our steps and kernels, beside what it could do.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "aux_training/environment.h"
#include "aux_training/report/run_folder.h"
#include "aux_training/report/table.h"
#include "tools/auxtrain-bench/rows.h"

namespace {

using namespace tools;
using aux_training::Align;
using aux_training::Table;
using nlohmann::ordered_json;

struct Arguments {
  std::string device = "cpu", filter = ".", json, model, precision = "both";
  int threads = 0, views = 5, images = 0;
  double seconds = 2;
};

std::string fixed(double number, int digits = 1) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.*f", digits, number);
  return buffer;
}

std::vector<Workload> workloads_of(const Arguments& a) {
  std::vector<Workload> all;
  for (const auto& [model, images] : {std::pair("resnet20", 128), std::pair("resnet18", 32)}) {
    if (!a.model.empty() && a.model != model) continue;
    const int count = a.images > 0 ? a.images : images;
    for (const kernels::Type type : {kernels::Type::Float, kernels::Type::BFloat16}) {
      const bool is_float = type == kernels::Type::Float;
      if (a.precision != "both" && (a.precision == "fp32") != is_float) continue;
      all.push_back({model, a.views, count, type, true});
      all.push_back({model, 1, count, type, false});
    }
  }
  return all;
}

// The share of the ceiling that binds: operations where there are any, else bytes.
double share_of(const CallRow& row, const Ceilings& c) {
  const bool is_float = row.type == "float";
  const double peak = is_float ? c.float_operations_per_second : c.bfloat16_operations_per_second;
  const double by_bytes = row.bytes / row.timing.seconds / c.copy_bytes_per_second;
  const double by_operations = row.operations / row.timing.seconds / peak;
  return std::max(by_bytes, by_operations);
}

void print(const Measured& measured, const Ceilings& c, int threads) {
  std::printf("%d threads; copy %s GB/s, float %s GFLOP/s, bf16 matrix product %s GFLOP/s\n\n",
              threads, fixed(c.copy_bytes_per_second / 1e9).c_str(),
              fixed(c.float_operations_per_second / 1e9, 0).c_str(),
              fixed(c.bfloat16_operations_per_second / 1e9, 0).c_str());
  Table steps({{"step"},
               {"ms", Align::Right},
               {"noise", Align::Right},
               {"view-images/s", Align::Right},
               {"GFLOP/s", Align::Right},
               {"calls", Align::Right},
               {"arena MiB", Align::Right}});
  for (const StepRow& row : measured.steps)
    steps.row({row.workload.name(), fixed(row.timing.seconds * 1e3),
               aux_training::percent(row.timing.noise, 0), fixed(row.view_images_per_second),
               fixed(row.operations_per_second / 1e9), std::to_string(row.calls),
               fixed(static_cast<double>(row.arena_bytes) / 1048576.0)});
  Table calls({{"call"},
               {"largest array"},
               {"type"},
               {"times", Align::Right},
               {"ms", Align::Right},
               {"noise", Align::Right},
               {"GB/s", Align::Right},
               {"GFLOP/s", Align::Right},
               {"of ceiling", Align::Right}});
  for (const CallRow& row : measured.calls)
    calls.row({row.kernel, row.shape, row.type, std::to_string(row.count),
               fixed(row.timing.seconds * 1e3, 3), aux_training::percent(row.timing.noise, 0),
               fixed(row.bytes / row.timing.seconds / 1e9),
               row.operations > 0 ? fixed(row.operations / row.timing.seconds / 1e9) : "",
               aux_training::percent(share_of(row, c), 0)});
  std::printf("%s\n%s", steps.str().c_str(), calls.str().c_str());
}

std::string json_of(const Measured& measured, const Ceilings& c, int threads) {
  const aux_training::Environment e = aux_training::environment();
  ordered_json json{{"version", e.version},
                    {"commit", e.commit},
                    {"processor", e.processor},
                    {"onednn", e.onednn},
                    {"threads", threads},
                    {"copy_bytes_per_second", c.copy_bytes_per_second},
                    {"float_operations_per_second", c.float_operations_per_second},
                    {"bfloat16_operations_per_second", c.bfloat16_operations_per_second},
                    {"steps", ordered_json::array()},
                    {"calls", ordered_json::array()}};
  for (const StepRow& row : measured.steps)
    json["steps"].push_back({{"name", row.workload.name()},
                             {"median_seconds", row.timing.seconds},
                             {"noise", row.timing.noise},
                             {"view_images_per_second", row.view_images_per_second},
                             {"operations_per_second", row.operations_per_second},
                             {"calls", row.calls},
                             {"arena_bytes", row.arena_bytes},
                             {"unshared_bytes", row.unshared_bytes}});
  for (const CallRow& row : measured.calls)
    json["calls"].push_back({{"kernel", row.kernel},
                             {"shape", row.shape},
                             {"type", row.type},
                             {"count", row.count},
                             {"median_seconds", row.timing.seconds},
                             {"noise", row.timing.noise},
                             {"bytes", row.bytes},
                             {"operations", row.operations},
                             {"share_of_ceiling", share_of(row, c)}});
  return json.dump(2);
}

int run(const Arguments& a) {
  if (a.device != "cpu")
    throw kernels::UsageError("--device: expected cpu, got " + a.device +
                              "; this build has no other device");
  std::regex filter;
  try {
    filter = std::regex(a.filter);
  } catch (const std::regex_error&) {
    throw kernels::UsageError("--filter: not a regular expression: " + a.filter);
  }
  const int threads = a.threads > 0 ? a.threads : kernels::available_processors();
  kernels::ThreadPool pool(threads);
  const Ceilings ceilings = measure_ceilings(pool);
  const Measured measured = measure(pool, workloads_of(a), filter, a.seconds);
  if (a.json != "-") print(measured, ceilings, threads);
  const std::string json = json_of(measured, ceilings, threads);
  if (a.json == "-")
    std::printf("%s\n", json.c_str());
  else if (!a.json.empty())
    aux_training::write_text_file(a.json, json + "\n");
  return 0;
}

}  // namespace

int main(int count, char** values) {
  Arguments a;
  CLI::App app{"auxtrain-bench: speed of training steps, inference steps and every call in them"};
  app.add_option("--device", a.device, "cpu")->capture_default_str();
  app.add_option("--filter", a.filter, "only rows whose name matches this regular expression");
  app.add_option("--json", a.json, "also write JSON to this file; - for stdout, without the table");
  app.add_option("--model", a.model, "resnet18 or resnet20 only");
  app.add_option("--precision", a.precision, "fp32, bf16 or both")
      ->check(CLI::IsMember({"fp32", "bf16", "both"}))
      ->capture_default_str();
  app.add_option("--views", a.views, "of a training step")
      ->check(CLI::Range(1, 8))
      ->capture_default_str();
  app.add_option("--images", a.images, "per view (default: 128 for resnet20, 32 for resnet18)")
      ->check(CLI::Range(1, 4096));
  app.add_option("--threads", a.threads, "default: the processors this process may use")
      ->check(CLI::Range(1, 1024));
  app.add_option("--seconds", a.seconds, "at least this long for each step")->capture_default_str();
  try {
    app.parse(count, values);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    return run(a);
  } catch (const kernels::UsageError& error) {
    std::fprintf(stderr, "auxtrain-bench: %s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "auxtrain-bench: %s\n", error.what());
    return 1;
  }
}
