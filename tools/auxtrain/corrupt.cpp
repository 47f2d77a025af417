#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "aux_training/interrupt.h"
#include "aux_training/recipe/nearest.h"
#include "aux_training/report/run_folder.h"
#include "kernels/base/check.h"
#include "tools/auxtrain/commands.h"
#include "tools/auxtrain/corrupt_job.h"
#include "tools/auxtrain/corruption_options.h"

namespace tools {
namespace {

using namespace data::corruptions;
namespace fs = std::filesystem;
using kernels::text;
using kernels::UsageError;
using nlohmann::ordered_json;

const std::vector<std::string>& datasets() {
  static const std::vector<std::string> kNames = {"cifar10", "cifar100", "synthetic", "imagenet"};
  return kNames;
}

Preset preset_of(const Corrupt& arguments, Preset otherwise) {
  if (arguments.preset.empty()) return otherwise;
  const std::optional<Preset> preset = find_preset(arguments.preset);
  if (!preset)
    throw UsageError("--preset: there is no " + arguments.preset +
                     aux_training::suggestion(arguments.preset, preset_names()));
  return *preset;
}

void check(const Corrupt& arguments, bool has_files) {
  if (arguments.output.empty()) throw UsageError("corrupt: --output is required");
  if (arguments.side == 0) return;
  if (!has_files)
    throw UsageError(
        text("--side: the images of ", arguments.dataset, " are 32 x 32 and stay that"));
  if (arguments.side < kLeastSide || arguments.side > data::kMostSide)
    throw UsageError(text("--side: expected ", kLeastSide, " to ", data::kMostSide, " pixels, got ",
                          arguments.side));
}

// What corruptions.json says; of frost only where there is some.
ordered_json manifest_of(const CorruptionJob& job) {
  ordered_json manifest{{"dataset", job.dataset},
                        {"preset", name_of(job.preset)},
                        {"side", job.side},
                        {"severities", job.severities},
                        {"seed", job.seed}};
  if (job.has(Kind::Frost)) manifest["frost"] = job.frost.source();
  // A path need not be UTF-8.
  return ordered_json::parse(manifest.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
}

// What the folder was begun with; a UsageError where the job differs from it.
ordered_json known_manifest(const CorruptionJob& job, const fs::path& file) {
  ordered_json known = ordered_json::parse(aux_training::read_text_file(file), nullptr, false);
  CHECK(known.is_object(), file.string(), ": is broken; remove it with what stands beside it");
  const ordered_json manifest = manifest_of(job);
  if (!known.contains("frost") && manifest.contains("frost")) known["frost"] = manifest["frost"];
  for (const auto& [key, value] : manifest.items())
    if (known[key] != value)
      throw UsageError(text(job.output.string(), ": was begun with ", key, " ", known[key].dump(),
                            ", not ", value.dump(), "; give another --output"));
  return known;
}

int preview(const Corrupt& arguments) {
  if (!arguments.dataset.empty())
    throw UsageError("--preview is of one picture: leave out " + arguments.dataset);
  if (!arguments.output.ends_with(".png"))
    throw UsageError("--output: expected a name ending in .png, got " + arguments.output);
  require_writable("--output", arguments.output);
  kernels::ThreadPool pool(threads_or_all(arguments.threads));
  const Preset preset = preset_of(arguments, Preset::ImageNet);
  write_contact_sheet({.dataset = {},
                       .kinds = kinds_of(arguments.only),
                       .severities = severities_of(arguments.severities),
                       .preset = preset,
                       .side = arguments.side ? arguments.side : side_of(preset),
                       .seed = static_cast<std::uint64_t>(arguments.seed),
                       .frost = textures_of(arguments.frost),
                       .output = arguments.output,
                       .pool = pool},
                      arguments.preview);
  std::printf("%s\n", arguments.output.c_str());
  return 0;
}

}  // namespace

bool CorruptionJob::has(Kind kind) const {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

void begin_output(const CorruptionJob& job) {
  const fs::path file = job.output / "corruptions.json";
  ordered_json manifest = manifest_of(job);
  std::error_code error;
  if (fs::exists(file, error)) {
    manifest = known_manifest(job, file);
  } else {
    if (fs::exists(job.output, error) && !fs::is_directory(job.output, error))
      throw UsageError(job.output.string() + ": expected a folder, got a file");
    fs::create_directories(job.output, error);
    const bool is_empty = !error && fs::is_empty(job.output, error);
    CHECK(!error, job.output.string(), ": cannot be made: ", error.message());
    if (!is_empty)
      throw UsageError(job.output.string() +
                       ": is not empty, and not from auxtrain corrupt; give another --output");
  }
  aux_training::write_text_file(file, manifest.dump(2) + "\n");
  note_drawn_ice(job.kinds, job.frost);
}

int corrupt(const Corrupt& arguments) {
  const bool has_files = arguments.dataset == "imagenet" || !arguments.preview.empty();
  check(arguments, has_files);
  if (!arguments.preview.empty()) return preview(arguments);
  if (arguments.dataset.empty())
    throw UsageError("corrupt: name a data set, or a picture with --preview");
  const std::vector<std::string>& known = datasets();
  if (std::find(known.begin(), known.end(), arguments.dataset) == known.end())
    throw UsageError("corrupt: there is no data set " + arguments.dataset +
                     aux_training::suggestion(arguments.dataset, known));

  kernels::ThreadPool pool(threads_or_all(arguments.threads));
  const Preset preset = preset_of(arguments, has_files ? Preset::ImageNet : Preset::Cifar);
  const int side = arguments.side ? arguments.side : has_files ? side_of(preset) : 32;
  const CorruptionJob job{.dataset = arguments.dataset,
                          .kinds = kinds_of(arguments.only),
                          .severities = severities_of(arguments.severities),
                          .preset = preset,
                          .side = side,
                          .seed = static_cast<std::uint64_t>(arguments.seed),
                          .frost = textures_of(arguments.frost),
                          .output = arguments.output,
                          .pool = pool};
  const std::string directory = data::data_directory(arguments.data);
  aux_training::note_interrupts();
  int signal = 0;
  if (has_files) {
    const data::ImageFolder folder = data::list_imagenet(directory, "val");
    begin_output(job);
    const aux_training::FolderLock lock(job.output);
    signal = write_folders(job, folder);
  } else {
    const data::Dataset dataset = data::load_dataset(arguments.dataset, directory);
    begin_output(job);
    const aux_training::FolderLock lock(job.output);
    signal = write_arrays(job, dataset.test);
  }
  return signal ? 128 + signal : 0;
}

}  // namespace tools
