#include "aux_training/checkpoint.h"

#include <nlohmann/json.hpp>

namespace aux_training {
namespace {

using nlohmann::json;

bool everything(const engine::Value&) { return true; }

}  // namespace

void write_checkpoint(const std::filesystem::path& path, engine::Session& session,
                      const ModelDescription& description, const std::string& recipe_json,
                      const Position& position, const Algorithms* algorithms) {
  const EpochSums& sums = position.sums;
  engine::Metadata metadata = to_metadata(description);
  metadata["recipe"] = recipe_json;
  if (algorithms) metadata["algorithms"] = algorithms_json(*algorithms);
  metadata["position"] = json{{"epoch", position.epoch},
                              {"step", position.step},
                              {"ce", sums.ce},
                              {"kl", sums.kl},
                              {"correct", sums.correct},
                              {"penalty", sums.penalty},
                              {"loss", sums.loss},
                              {"seconds", sums.seconds},
                              {"head_distance", sums.head_distance}}
                             .dump();
  engine::write_safetensors(path, engine::entries_of(session, everything), metadata);
}

Position parse_position(const std::string& text, const std::string& source) {
  try {
    const json position = json::parse(text);
    Position p;
    position.at("epoch").get_to(p.epoch);
    position.at("step").get_to(p.step);
    position.at("ce").get_to(p.sums.ce);
    position.at("kl").get_to(p.sums.kl);
    position.at("correct").get_to(p.sums.correct);
    position.at("penalty").get_to(p.sums.penalty);
    position.at("loss").get_to(p.sums.loss);
    position.at("seconds").get_to(p.sums.seconds);
    position.at("head_distance").get_to(p.sums.head_distance);
    if (p.epoch < 0 || p.step < 0) throw std::out_of_range("");
    return p;
  } catch (const std::exception&) {
    throw kernels::Error(source + ": metadata position makes no sense: " + text);
  }
}

Checkpoint read_checkpoint(const std::filesystem::path& path) {
  Checkpoint checkpoint{engine::Safetensors::read(path), {}, {}, {}};
  checkpoint.recipe_json = checkpoint.file.metadata("recipe");
  checkpoint.position = parse_position(checkpoint.file.metadata("position"), path.string());
  if (checkpoint.file.metadata().contains("algorithms"))
    checkpoint.algorithms = parse_algorithms(checkpoint.file.metadata("algorithms"),
                                             path.string() + ": metadata algorithms");
  return checkpoint;
}

void restore(engine::Session& session, const Checkpoint& checkpoint) {
  engine::load_entries(session, checkpoint.file, everything);
}

}  // namespace aux_training
