// The commands of `auxtrain`, after its command line has been read (main.cpp). Each prints results
// on stdout, everything else on stderr, and returns the exit code.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernels/base/gpu.h"

namespace tools {

struct Train {
  std::string recipe, data, output, device = "auto", precision;
  std::vector<std::string> sets;
  int epochs = 0;       // 0: the recipe's
  long long seed = -1;  // -1: the recipe's
  int threads = 0;      // 0: the processors that this process may use
  bool resume = false, quiet = false;
};
int train(const Train&);

struct Evaluate {
  std::vector<std::string> models;
  std::string data, corruptions = "none", baseline, frost, json;
  std::string device = "auto", precision = "fp32";
  std::vector<std::string> only;  // empty: all
  std::vector<int> severities;    // empty: all
  bool per_head = false;
  int threads = 0;
};
int evaluate(const Evaluate&);

struct StoreBaseline {
  Evaluate evaluate;  // of one model on all corruptions
  std::string output;
};
int store_baseline(const StoreBaseline&);

struct Predict {
  std::string model, json;
  std::vector<std::string> images;
  int top = 5, threads = 0;
};
int predict(const Predict&);

struct Export {
  std::string model, output;
};
int export_model(const Export&);

struct Import {
  std::string file, model, stem = "imagenet", output, dataset, class_names;
  int width = 0;                 // 0: the model's own
  std::vector<float> mean, std;  // empty: what is usual for the stem
};
int import_model(const Import&);

struct Corrupt {
  std::string dataset, data, output, preset, frost, preview;
  std::vector<std::string> only;  // empty: all
  std::vector<int> severities;    // empty: all
  long long seed = 0;
  int side = 0;  // of images from files; 0: the preset's
  int threads = 0;
};
int corrupt(const Corrupt&);

int list_recipes();
struct ShowRecipe {
  std::string recipe;
};
int show_recipe(const ShowRecipe&);

struct Models {
  std::string listed;  // the backbone whose training step is printed call by call; empty: the table
  std::string stem = "cifar";
  int classes = 0;  // 0: 10, with the ImageNet stem 1000
  int images = 128, views = 5;
  bool recompute = false;
};
int list_models(const Models&);

int info();

// What several commands do.
// Says on stdout which classifier a file now holds.
void print_written(const std::string& file, const std::string& model, int classes, long parameters);
int threads_or_all(int threads);  // 0 becomes the processors that this process may use
// The GPU that --device asks for; null for the processors.
std::unique_ptr<kernels::Gpu> gpu_of(const std::string& device);
// Before work that takes long: a UsageError naming the option where the folder of `path` is not
// there or cannot be written to. Nothing is written.
void require_writable(const char* option, const std::string& path);
// Writes to a file at once or not at all, or to stdout for "-".
void write_json(const std::string& path, const std::string& json);

}  // namespace tools
