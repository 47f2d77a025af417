#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <numeric>

#include "aux_training/evaluation.h"
#include "aux_training/report/table.h"
#include "data/image_file.h"
#include "tools/auxtrain/commands.h"

namespace tools {
namespace {

using namespace aux_training;

std::vector<float> network_input(const std::string& path, const ModelDescription& description) {
  const ClassifierSettings& c = description.classifier;
  const data::Image image =
      data::resize(data::center_square(data::read_image(path)), c.height, c.width_pixels);
  std::vector<float> input(image.pixels.size());
  data::normalize(image.pixels.data(), static_cast<long>(input.size()), description.normalization,
                  input.data());
  return input;
}

std::vector<double> softmax(const std::vector<float>& logits) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  std::vector<double> result;
  result.reserve(logits.size());
  for (float logit : logits) result.push_back(std::exp(static_cast<double>(logit - largest)));
  const double sum = std::accumulate(result.begin(), result.end(), 0.0);
  CHECK(std::isfinite(sum), "the model's scores are not numbers; its weights may be broken");
  for (double& probability : result) probability /= sum;
  return result;
}

}  // namespace

int predict(const Predict& arguments) {
  require_writable("--json", arguments.json);
  const Model model = load_model(arguments.model);
  const int classes = model.description.classifier.classes;
  kernels::ThreadPool pool(threads_or_all(arguments.threads));
  Evaluator evaluator(pool, engine::Type::Float, model);
  nlohmann::ordered_json json{{"images", nlohmann::ordered_json::array()}};
  for (const std::string& path : arguments.images) {
    const std::vector<double> probability =
        softmax(evaluator.logits(network_input(path, model.description)));
    std::vector<int> order(static_cast<size_t>(classes));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
      return probability[static_cast<size_t>(a)] > probability[static_cast<size_t>(b)];
    });
    order.resize(static_cast<size_t>(std::min(arguments.top, classes)));
    nlohmann::ordered_json top = nlohmann::ordered_json::array();
    if (arguments.json != "-") std::printf("%s\n", path.c_str());
    for (int c : order) {
      const std::string& name = model.description.class_names[static_cast<size_t>(c)];
      const double p = probability[static_cast<size_t>(c)];
      if (arguments.json != "-") std::printf("  %6s  %s\n", percent(p).c_str(), name.c_str());
      top.push_back({{"class", c}, {"name", name}, {"probability", p}});
    }
    json["images"].push_back({{"file", path}, {"top", top}});
  }
  // Paths need not be UTF-8.
  write_json(arguments.json,
             json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  return 0;
}

}  // namespace tools
