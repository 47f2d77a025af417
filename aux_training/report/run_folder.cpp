#include "aux_training/report/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>

#include "engine/checkpoint/atomic_file.h"
#include "kernels/base/check.h"

namespace aux_training {
namespace {

namespace fs = std::filesystem;
using kernels::text;
using kernels::UsageError;

// Whether a run that was stopped before its first checkpoint may have left this.
bool is_of_no_training(const fs::directory_entry& entry) {
  const fs::path name = entry.path().filename();
  std::error_code failure;
  return name == "recipe.json" || name == "environment.json" || name.extension() == ".partial" ||
         (name == "log.jsonl" && entry.file_size(failure) == 0);
}

}  // namespace

RunFolder RunFolder::create(const fs::path& path) {
  require_new(path);
  std::error_code failure;
  fs::create_directories(path, failure);
  CHECK(!failure, path.string(), ": cannot be made: ", failure.message());
  return RunFolder(path);
}

void RunFolder::require_new(const fs::path& path) {
  std::error_code failure;
  const fs::file_status status = fs::status(path, failure);
  if (!fs::exists(status)) return;
  if (!fs::is_directory(status)) {
    throw UsageError(text(path.string(), ": expected a folder for the run, got a file"));
  }
  const fs::directory_iterator entries(path, failure);
  CHECK(!failure, path.string(), ": cannot be read: ", failure.message());
  if (!std::all_of(begin(entries), end(entries), is_of_no_training)) {
    throw UsageError(text(path.string(),
                          ": is not empty, and a run is never overwritten; give another --output, "
                          "or --resume to go on with this one"));
  }
}

RunFolder RunFolder::resume(const fs::path& path) {
  RunFolder folder = open(path);
  for (const fs::path& needed : {folder.recipe(), folder.checkpoint()}) {
    if (!fs::is_regular_file(needed)) {
      throw UsageError(
          text(path.string(), ": cannot be resumed: it has no ", needed.filename().string()));
    }
  }
  return folder;
}

RunFolder RunFolder::open(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) {
    throw UsageError(text(path.string(), ": there is no such run folder"));
  }
  return RunFolder(path);
}

FolderLock::FolderLock(const fs::path& folder)
    : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  // Some network file systems cannot lock: there, nothing is refused.
  if (descriptor_ >= 0 && ::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(descriptor_);
    throw UsageError(text(folder.string(), ": another process writes to this folder"));
  }
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::string last_part(const fs::path& path) {
  const fs::path normal = path.lexically_normal();
  return (normal.has_filename() ? normal : normal.parent_path()).filename().string();
}

void write_text_file(const fs::path& path, const std::string& contents) {
  engine::write_file_atomically(path, contents);
}

std::string read_text_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::error_code ignored;
  CHECK(file && !fs::is_directory(path, ignored), path.string(), ": cannot be read");
  std::string contents{std::istreambuf_iterator<char>(file), {}};
  CHECK(!file.bad(), path.string(), ": cannot be read");
  return contents;
}

}  // namespace aux_training
