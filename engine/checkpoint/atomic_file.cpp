#include "engine/checkpoint/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "kernels/base/check.h"

namespace engine {

AtomicFile::AtomicFile(std::filesystem::path path)
    : path_(std::move(path)), partial_(path_.string() + ".partial") {
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
  // The new name itself reaches the disk with its folder; where that cannot be flushed (some
  // network file systems) the file is still whole.
  const std::filesystem::path folder = path_.has_parent_path() ? path_.parent_path() : ".";
  const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return;
  ::fsync(opened);
  ::close(opened);
}

void write_file_atomically(const std::filesystem::path& path, std::string_view contents) {
  AtomicFile file(path);
  file.write(contents.data(), contents.size());
  file.finish();
}

}  // namespace engine
