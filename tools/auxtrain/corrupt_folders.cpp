#include <algorithm>
#include <chrono>
#include <cstdio>

#include "aux_training/interrupt.h"
#include "aux_training/report/progress.h"
#include "aux_training/report/table.h"
#include "data/corruptions/prepare.h"
#include "kernels/base/check.h"
#include "tools/auxtrain/corrupt_job.h"

namespace tools {
namespace {

using namespace aux_training;
using namespace data::corruptions;
namespace fs = std::filesystem;

constexpr int kBlock = 16;  // pictures between two looks at signals and progress

// What a picture's corrupted copies are called: its own name, but as a JPEG.
std::string target_name(const std::string& name) {
  const fs::path path = name;
  const std::string ending = path.extension().string();
  const bool is_jpeg =
      ending == ".JPEG" || ending == ".jpeg" || ending == ".jpg" || ending == ".JPG";
  return is_jpeg ? name : path.stem().string() + ".JPEG";
}

void refuse_same_names(const data::ImageFolder& folder) {
  std::vector<std::string> names;
  for (const auto& file : folder.files)
    names.push_back(folder.class_names[static_cast<std::size_t>(file.label)] + "/" +
                    target_name(file.name));
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  CHECK(twice == names.end(), folder.path.string(), ": two pictures would become ", *twice);
}

void make_folders(const CorruptionJob& job, const data::ImageFolder& folder) {
  for (const Kind kind : job.kinds)
    for (const int severity : job.severities)
      for (const std::string& name : folder.class_names)
        fs::create_directories(job.output / name_of(kind) / std::to_string(severity) / name);
}

// Whether there is such a file; a power cut may leave an empty one.
bool is_done(const fs::path& path) {
  std::error_code failure;
  const auto size = fs::file_size(path, failure);
  return !failure && size > 0;
}

// All copies of one picture that are not there yet.
void write_copies(const CorruptionJob& job, const data::ImageFolder& folder, int index) {
  const data::ImageFolder::File& file = folder.files[static_cast<std::size_t>(index)];
  data::Image clean, corrupted;
  for (const Kind kind : job.kinds)
    for (const int severity : job.severities) {
      const fs::path target = job.output / name_of(kind) / std::to_string(severity) /
                              folder.class_names[static_cast<std::size_t>(file.label)] /
                              target_name(file.name);
      if (is_done(target)) continue;
      if (clean.pixels.empty()) {
        clean = read_prepared(folder.path_of(file).string(), job.preset, job.side);
        corrupted = clean;
      }
      job.corrupt(clean.pixels.data(), {clean.height, clean.width}, kind, severity, index,
                  corrupted.pixels.data());
      data::write_jpeg(target.string(), corrupted, kImageNetQuality);
    }
}

}  // namespace

int write_folders(const CorruptionJob& job, const data::ImageFolder& folder) {
  refuse_same_names(folder);
  make_folders(job, folder);
  const long copies = static_cast<long>(job.kinds.size() * job.severities.size());
  const auto count = static_cast<int>(folder.files.size());
  Progress progress("corrupt", copies * count);
  const auto start = std::chrono::steady_clock::now();
  for (int first = 0; first < count; first += kBlock) {
    const int block = std::min(kBlock, count - first);
    job.pool.run(block, [&](int i, int) { write_copies(job, folder, first + i); });
    progress.update(copies * (first + block));
    if (interrupt() && first + block < count) {
      progress.clear_line();
      std::fprintf(stderr, "stopped after %d of %d pictures; the same command goes on\n",
                   first + block, count);
      return interrupt();
    }
  }
  progress.clear_line();
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("%s: %s images of %d x %d in %s\n", job.output.c_str(),
              grouped(copies * count).c_str(), job.side, job.side, duration(seconds).c_str());
  return 0;
}

}  // namespace tools
