#include "test/support/golden.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "kernels/base/check.h"

namespace test {
namespace {

using nlohmann::json;

json read_json(const std::filesystem::path& path) {
  std::ifstream file(path);
  CHECK(file.good(), path.string(), ": cannot be read");
  return json::parse(file);
}

GoldenTraining::Losses losses_from(const json& from) {
  return {from.at("total"), from.at("penalty"), from.at("ce"), from.at("kl")};
}

GoldenTraining::Run run_from(const json& from) {
  GoldenTraining::Run run;
  from.at("steps").get_to(run.steps);
  from.at("alpha").get_to(run.alpha);
  from.at("lambda").get_to(run.lambda);
  from.at("temperature").get_to(run.temperature);
  from.at("lr").get_to(run.lr);
  from.at("momentum").get_to(run.momentum);
  from.at("weight_decay").get_to(run.weight_decay);
  from.at("mutual").get_to(run.mutual);
  from.at("nesterov").get_to(run.nesterov);
  from.at("gamma").get_to(run.gamma);
  from.at("gradients_at").get_to(run.gradients_at);
  from.at("values_at").get_to(run.values_at);
  for (const json& step : from.at("losses")) run.losses.push_back(losses_from(step));
  return run;
}

}  // namespace

Formula::Formula(const std::string& name, std::uint32_t seed) {
  std::uint32_t hash = 0x811C9DC5u;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193u;
  start_ = hash ^ seed;
}

std::uint32_t Formula::bits(std::uint32_t index) const {
  std::uint32_t word = start_ + index * 0x9E3779B9u;
  word = (word ^ (word >> 16)) * 0x85EBCA6Bu;
  word = (word ^ (word >> 13)) * 0xC2B2AE35u;
  return word ^ (word >> 16);
}

float Formula::uniform(std::uint32_t index) const {
  return static_cast<float>(bits(index) >> 8) * 0x1p-23f - 1.0f;
}

GoldenTraining::GoldenTraining(const std::filesystem::path& folder)
    : tensors_(engine::Safetensors::read(folder / "auxiliary_training.safetensors")) {
  const json file = read_json(folder / "auxiliary_training.json");
  file.at("seed").get_to(seed_);
  file.at("views").get_to(views);
  file.at("images").get_to(images);
  file.at("classes").get_to(classes);
  file.at("size").get_to(size);
  file.at("width").get_to(width);
  file.at("noise").get_to(noise_);
  for (const auto& [name, fill] : file.at("fills").items()) {
    fills[name] = {fill.at("shape"), fill.at("center"), fill.at("spread")};
  }
  for (const char* name : {"detached", "mutual"}) runs[name] = run_from(file.at(name));
}

std::vector<float> GoldenTraining::initial(const std::string& parameter) const {
  const auto found = fills.find(parameter);
  CHECK(found != fills.end(), "golden values: no parameter ", parameter);
  const auto& [shape, center, spread] = found->second;
  std::size_t count = 1;
  for (const int extent : shape) count *= static_cast<std::size_t>(extent);
  const Formula formula(parameter, seed_);
  std::vector<float> values(count);
  for (std::uint32_t i = 0; i < count; ++i) values[i] = center + spread * formula.uniform(i);
  return values;
}

std::vector<float> GoldenTraining::batch(int step) const {
  const Formula pattern("patterns", seed_);
  const std::vector<std::int32_t> classes_of = labels(step);
  const int pixels = size * size;
  std::vector<float> batch;
  batch.reserve(static_cast<std::size_t>(long{views} * images * pixels * 3));
  for (int view = 0; view < views; ++view) {
    const Formula noise(kernels::text("noise.step", step, ".view", view), seed_);
    const float strength = noise_.at(static_cast<std::size_t>(view));
    for (int image = 0; image < images; ++image) {
      const int label = classes_of[static_cast<std::size_t>(image)];
      for (int pixel = 0; pixel < pixels; ++pixel) {
        for (int channel = 0; channel < 3; ++channel) {  // the formula's order is NCHW
          const auto plane = [&](int n) {
            return static_cast<std::uint32_t>((n * 3 + channel) * pixels + pixel);
          };
          batch.push_back(pattern.uniform(plane(label)) + strength * noise.uniform(plane(image)));
        }
      }
    }
  }
  return batch;
}

std::vector<std::int32_t> GoldenTraining::labels(int step) const {
  const Formula formula(kernels::text("labels.step", step), seed_);
  std::vector<std::int32_t> labels;
  for (int i = 0; i < images; ++i) {
    labels.push_back(static_cast<std::int32_t>(formula.bits(static_cast<std::uint32_t>(i)) %
                                               static_cast<std::uint32_t>(classes)));
  }
  return labels;
}

std::vector<float> GoldenTraining::tensor(const std::string& key) const {
  const float* data = tensors_.floats(key);
  return {data, data + tensors_.elements(key)};
}

std::vector<std::string> GoldenTraining::names(const std::string& prefix) const {
  std::vector<std::string> names;
  for (const std::string& name : tensors_.names()) {
    if (name.starts_with(prefix)) names.push_back(name.substr(prefix.size()));
  }
  return names;
}

}  // namespace test
