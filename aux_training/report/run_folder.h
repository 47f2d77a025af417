// The folder of one training run, and the names of the files in it.
#pragma once

#include <filesystem>
#include <string>

namespace aux_training {

class RunFolder {
 public:
  // UsageError where create() would refuse this path. Nothing is made.
  static void require_new(const std::filesystem::path& path);
  // A new folder, parents included. UsageError when it exists and holds more than a run that was
  // stopped before its first checkpoint: nothing trained is ever overwritten.
  static RunFolder create(const std::filesystem::path& path);
  // One to go on with. UsageError when it is not there, or has no recipe or checkpoint.
  static RunFolder resume(const std::filesystem::path& path);
  // One to read from. UsageError when it is no folder.
  static RunFolder open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path recipe() const { return path_ / "recipe.json"; }
  std::filesystem::path environment() const { return path_ / "environment.json"; }
  std::filesystem::path log() const { return path_ / "log.jsonl"; }
  std::filesystem::path checkpoint() const { return path_ / "checkpoint.safetensors"; }
  std::filesystem::path primary() const { return path_ / "primary.safetensors"; }
  std::filesystem::path curves() const { return path_ / "curves.svg"; }

 private:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

// While one lives, no other process has one of the folder: a UsageError there.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;  // of the folder
};

// The last part of a path that may end in a slash.
std::string last_part(const std::filesystem::path& path);

// Replaces a small file at once or not at all; for recipe.json, environment.json, curves.svg.
void write_text_file(const std::filesystem::path& path, const std::string& text);
std::string read_text_file(const std::filesystem::path& path);

}  // namespace aux_training
