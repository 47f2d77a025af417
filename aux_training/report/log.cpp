#include "aux_training/report/log.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "aux_training/report/run_folder.h"
#include "kernels/base/check.h"

namespace aux_training {
namespace {

using Json = nlohmann::ordered_json;  // not-a-number is written as null

Json json_of(const NamedValues& values) {
  Json json = Json::object();
  for (const auto& [name, value] : values) json[name] = value;
  return json;
}

double number_of(const Json& json) {
  return json.is_number() ? json.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

double number_at(const Json& line, const char* key) {
  return line.contains(key) ? number_of(line[key]) : std::numeric_limits<double>::quiet_NaN();
}

long count_at(const Json& line, const char* key) {
  return line.contains(key) && line[key].is_number_integer() ? line[key].get<long>() : 0;
}

NamedValues values_at(const Json& line, const char* key) {
  NamedValues values;
  if (!line.contains(key) || !line[key].is_object()) return values;
  for (const auto& [name, value] : line[key].items()) values.emplace_back(name, number_of(value));
  return values;
}

// The complete lines; what follows the last newline was torn by an interruption.
std::vector<std::string> lines_of(const std::string& log) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  for (std::size_t end; (end = log.find('\n', begin)) != std::string::npos; begin = end + 1) {
    lines.push_back(log.substr(begin, end - begin));
  }
  return lines;
}

Json parse_line(const std::string& line, const std::filesystem::path& path, std::size_t index) {
  Json json = Json::parse(line, nullptr, false);
  CHECK(json.is_object(), path.string(), ":", index + 1, ": expected a JSON object");
  return json;
}

bool is_epoch(const Json& line) { return line.contains("kind") && line["kind"] == "epoch"; }

}  // namespace

Log::Log(std::filesystem::path path) : path_(std::move(path)), file_(path_, std::ios::app) {
  CHECK(file_, path_.string(), ": cannot be written");
}

void Log::write(const EpochRecord& record) {
  const Json line = {{"kind", "epoch"},
                     {"epoch", record.epoch},
                     {"step", record.step},
                     {"lr", record.lr},
                     {"loss", record.loss},
                     {"losses", json_of(record.losses)},
                     {"train_accuracy", json_of(record.train_accuracy)},
                     {"test_accuracy", json_of(record.test_accuracy)},
                     {"head_distance", record.head_distance},
                     {"images_per_second", record.images_per_second},
                     {"seconds", record.seconds}};
  write_line(line.dump());
}

void Log::write(const StepRecord& record) {
  const Json line = {{"kind", "step"},      {"epoch", record.epoch},
                     {"step", record.step}, {"lr", record.lr},
                     {"loss", record.loss}, {"head_distance", record.head_distance}};
  write_line(line.dump());
}

void Log::write_line(const std::string& line) {
  file_ << line + "\n" << std::flush;
  CHECK(file_, path_.string(), ": cannot be written; is the disk full?");
}

void trim_log(const std::filesystem::path& path, int epoch, long step) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return;
  const std::string before = read_text_file(path);
  std::string after;
  const std::vector<std::string> lines = lines_of(before);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Json line = parse_line(lines[i], path, i);
    const long of = count_at(line, "epoch");
    const bool of_steps = of == epoch && count_at(line, "step") <= step && !is_epoch(line);
    if (of < epoch || of_steps) after += lines[i] + "\n";
  }
  if (after != before) write_text_file(path, after);
}

std::vector<EpochRecord> read_epochs(const std::filesystem::path& path) {
  std::vector<EpochRecord> epochs;
  const std::vector<std::string> lines = lines_of(read_text_file(path));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Json line = parse_line(lines[i], path, i);
    if (!is_epoch(line)) continue;
    EpochRecord record;
    record.epoch = static_cast<int>(count_at(line, "epoch"));
    record.step = count_at(line, "step");
    record.lr = number_at(line, "lr");
    record.loss = number_at(line, "loss");
    record.losses = values_at(line, "losses");
    record.train_accuracy = values_at(line, "train_accuracy");
    record.test_accuracy = values_at(line, "test_accuracy");
    if (line.contains("head_distance") && line["head_distance"].is_array()) {
      for (const Json& distance : line["head_distance"]) {
        record.head_distance.push_back(number_of(distance));
      }
    }
    record.images_per_second = number_at(line, "images_per_second");
    record.seconds = number_at(line, "seconds");
    epochs.push_back(std::move(record));
  }
  return epochs;
}

}  // namespace aux_training
