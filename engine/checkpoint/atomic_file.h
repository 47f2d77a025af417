// A file that is either completely there or not at all: written beside its place as
// PATH.partial, flushed to the disk, then renamed. Until finish() the old file stays as it was;
// without finish(), or when anything fails, the partial file is removed.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

namespace engine {

class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);  // Error when the folder cannot be written to
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, std::size_t bytes);  // Error when, say, the disk is full
  void finish();

 private:
  std::filesystem::path path_, partial_;
  int descriptor_ = -1;
};

void write_file_atomically(const std::filesystem::path& path, std::string_view contents);

}  // namespace engine
