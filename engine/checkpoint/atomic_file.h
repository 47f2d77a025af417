// A file that is either completely there or not at all: written beside its place as
// PATH.partial, flushed to the disk, then renamed. Until finish() the old file stays as it was;
// without finish(), or when anything fails, the partial file is removed. A link stays one: what it
// points to is replaced.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

namespace engine {

class AtomicFile {
 public:
  // Error when the folder cannot be written to, or when there is something else than a file.
  explicit AtomicFile(const std::filesystem::path& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, std::size_t bytes);  // Error when, say, the disk is full
  void finish();

 private:
  std::filesystem::path path_, partial_;
  int descriptor_ = -1;
};

// Whether something stands there that writing must not replace: a pipe, a device, a folder.
bool is_no_file(const std::filesystem::path& path);

// What was written to a file or changed in a folder reaches the disk before this returns; where
// that cannot be (some network file systems) it is no error.
void flush_to_disk(const std::filesystem::path& path);

void write_file_atomically(const std::filesystem::path& path, std::string_view contents);

}  // namespace engine
