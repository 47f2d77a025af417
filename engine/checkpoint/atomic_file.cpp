#include "engine/checkpoint/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "kernels/base/check.h"

namespace engine {

namespace {

namespace fs = std::filesystem;

fs::path followed(const fs::path& path) {
  std::error_code failure;
  fs::path target = fs::canonical(path, failure);
  return failure || !fs::is_symlink(path, failure) ? path : target;
}

}  // namespace

AtomicFile::AtomicFile(const fs::path& path)
    : path_(followed(path)), partial_(path_.string() + ".partial") {
  CHECK(!is_no_file(path_), path_.string(), ": cannot be written: is no file");
  descriptor_ = ::open(partial_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  CHECK(descriptor_ >= 0, path_.string(), ": cannot be written: ", std::strerror(errno));
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!partial_.empty()) ::unlink(partial_.c_str());
}

void AtomicFile::write(const void* data, std::size_t bytes) {
  const char* at = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = ::write(descriptor_, at, bytes);
    if (written < 0 && errno == EINTR) continue;
    CHECK(written > 0, path_.string(),
          ": cannot be written: ", written < 0 ? std::strerror(errno) : "the disk takes no more");
    at += written;
    bytes -= static_cast<std::size_t>(written);
  }
}

void AtomicFile::finish() {
  CHECK(::fsync(descriptor_) == 0, path_.string(), ": cannot be written: ", std::strerror(errno));
  const int closed = ::close(std::exchange(descriptor_, -1));
  CHECK(closed == 0, path_.string(), ": cannot be written: ", std::strerror(errno));
  CHECK(::rename(partial_.c_str(), path_.c_str()) == 0, path_.string(),
        ": cannot be replaced: ", std::strerror(errno));
  partial_.clear();
  flush_to_disk(path_.has_parent_path() ? path_.parent_path() : ".");  // which has the new name
}

bool is_no_file(const fs::path& path) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  return fs::exists(status) && !fs::is_regular_file(status);
}

void flush_to_disk(const fs::path& path) {
  const int opened = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) return;
  ::fsync(opened);
  ::close(opened);
}

void write_file_atomically(const fs::path& path, std::string_view contents) {
  AtomicFile file(path);
  file.write(contents.data(), contents.size());
  file.finish();
}

}  // namespace engine
