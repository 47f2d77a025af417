// auxtrain-bench: how fast this machine runs our steps and kernels, beside what it could do.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "aux_training/algorithms.h"
#include "aux_training/report/run_folder.h"
#include "tools/auxtrain-bench/calls.h"
#include "tools/auxtrain-bench/gpu_rows.h"
#include "tools/auxtrain-bench/operations.h"
#include "tools/auxtrain-bench/report.h"
#include "tools/auxtrain-bench/steps.h"

namespace {

using namespace tools;

const std::vector<std::string> kRows{"training", "inference", "loader", "calls", "operations"};

struct Arguments {
  std::string device = "cpu", filter = ".", json, model, precision = "both";
  std::vector<std::string> rows = kRows;
  int threads = 0, views = 5, images = 0;
  double seconds = 2;
  bool recompute = false;

  bool wants(const std::string& row) const { return std::ranges::find(rows, row) != rows.end(); }
  std::vector<kernels::Type> types() const {
    if (precision == "fp32") return {kernels::Type::Float};
    if (precision == "bf16") return {kernels::Type::BFloat16};
    return {kernels::Type::Float, kernels::Type::BFloat16};
  }
};

std::vector<Workload> workloads_of(const Arguments& a) {
  std::vector<Workload> all;
  for (const auto& [model, images] : {std::pair("resnet20", 128), std::pair("resnet18", 32)}) {
    if (!a.model.empty() && a.model != model) continue;
    for (const kernels::Type type : a.types()) {
      all.push_back({model, a.views, a.images > 0 ? a.images : images, type, true, a.recompute});
      all.push_back({model, 1, a.images > 0 ? a.images : 128, type, false});
    }
  }
  return all;
}

void append(std::vector<CallRow>& rows, std::vector<CallRow> more) {
  rows.insert(rows.end(), std::make_move_iterator(more.begin()),
              std::make_move_iterator(more.end()));
}

Measured measure_cpu(const Arguments& a, const std::regex& filter) {
  const int threads = a.threads > 0 ? a.threads : kernels::available_processors();
  kernels::ThreadPool pool(threads);
  Measured measured{.device = "cpu", .threads = threads, .ceilings = measure_ceilings(pool)};
  for (const Workload& w : workloads_of(a)) {
    const bool named = std::regex_search(w.name(), filter);
    const bool step = named && a.wants(w.training ? "training" : "inference");
    const bool loader = named && w.training && a.wants("loader");
    if (!step && !loader && !a.wants("calls")) continue;
    forget_peak_resident_bytes();
    const std::size_t before = peak_resident_bytes();
    Network network(pool, w);
    if (step) {
      measured.steps.push_back(measure_step(w, network, measured.ceilings, a.seconds));
      measured.steps.back().resident_before_bytes = before;
    }
    if (loader) measured.loaders.push_back(measure_loader(w, network, pool, a.seconds));
    if (a.wants("calls"))
      append(measured.calls, measure_calls(*network.session, w.name(), filter, a.seconds));
  }
  if (a.wants("operations"))
    for (const kernels::Type type : a.types())
      append(measured.operations, measure_operations(pool, type, filter, a.seconds / 10));
  return measured;
}

// The number of "cuda" or "cuda:N".
int gpu_number(const std::string& device) {
  std::smatch parts;
  if (!std::regex_match(device, parts, std::regex("cuda(?::([0-9]{1,3}))?")))
    throw kernels::UsageError("--device: expected cpu, cuda or cuda:N, got " + device);
  return parts[1].matched ? std::stoi(parts[1]) : 0;
}

Measured measure(const Arguments& a, const std::regex& filter) {
  if (a.device == "cpu") return measure_cpu(a, filter);
  GpuRows rows{.kernels = a.wants("operations"), .types = a.types(), .filter = filter};
  for (const Workload& w : workloads_of(a))
    if (a.wants(w.training ? "training" : "inference") && std::regex_search(w.name(), filter))
      rows.steps.push_back(w);
  const kernels::Gpu gpu(gpu_number(a.device), aux_training::plan_folder());
  return measure_gpu(gpu, rows, a.seconds);
}

int run(const Arguments& a) {
  std::regex filter;
  try {
    filter = std::regex(a.filter);
  } catch (const std::regex_error&) {
    throw kernels::UsageError("--filter: not a regular expression: " + a.filter);
  }
  const Measured measured = measure(a, filter);
  if (a.json != "-") std::printf("%s", text_of(measured).c_str());
  const std::string json = json_of(measured);
  if (a.json == "-")
    std::printf("%s\n", json.c_str());
  else if (!a.json.empty())
    aux_training::write_text_file(a.json, json + "\n");
  return 0;
}

}  // namespace

int main(int count, char** values) {
  Arguments a;
  CLI::App app{
      "auxtrain-bench: speed of training steps, inference steps, and every operation in them, as "
      "shares of the copy bandwidth and peak that it measures in the same run. Bytes are the least "
      "that a call can move: every array it is given read once, every result written once. Close "
      "everything else first."};
  app.add_option("--device", a.device,
                 "cpu, or cuda or cuda:N: training, inference and operations on a GPU")
      ->capture_default_str();
  app.add_option("--filter", a.filter, "only rows whose name matches this regular expression");
  app.add_option("--json", a.json, "also write JSON to this file; - for stdout, without the table");
  app.add_option("--rows", a.rows,
                 "any of training, inference, loader (what data preparation costs a training "
                 "step), calls (of those steps), operations (each by itself)")
      ->delimiter(',')
      ->check(CLI::IsMember(kRows));
  app.add_option("--model", a.model, "resnet18 or resnet20 only")
      ->check(CLI::IsMember({"resnet18", "resnet20"}));
  app.add_option("--precision", a.precision, "fp32, bf16 or both")
      ->check(CLI::IsMember({"fp32", "bf16", "both"}))
      ->capture_default_str();
  app.add_option("--views", a.views, "of a training step")
      ->check(CLI::Range(1, 8))
      ->capture_default_str();
  app.add_option("--images", a.images,
                 "per view (default: in training 128 for resnet20, 32 for resnet18; in inference "
                 "128)")
      ->check(CLI::Range(1, 4096));
  app.add_option("--threads", a.threads, "default: the processors this process may use")
      ->check(CLI::Range(1, 1024));
  app.add_flag("--recompute", a.recompute,
               "training steps recompute cheap activations instead of keeping them");
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
