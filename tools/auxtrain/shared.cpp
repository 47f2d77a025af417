#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "aux_training/report/run_folder.h"
#include "aux_training/report/table.h"
#include "engine/checkpoint/atomic_file.h"
#include "kernels/base/check.h"
#include "kernels/base/thread_pool.h"
#include "tools/auxtrain/commands.h"

namespace tools {

int threads_or_all(int threads) { return threads > 0 ? threads : kernels::available_processors(); }

void print_written(const std::string& file, const std::string& model, int classes,
                   long parameters) {
  std::printf("%s: %s, %d classes, %s parameters\n", file.c_str(), model.c_str(), classes,
              aux_training::grouped(parameters).c_str());
}

void require_writable(const char* option, const std::string& path) {
  if (path.empty() || path == "-") return;
  const std::filesystem::path whole(path);
  const std::filesystem::path folder = whole.has_parent_path() ? whole.parent_path() : ".";
  std::error_code ignored;
  const char* why = std::filesystem::is_directory(whole, ignored) ? "is a folder"
                    : engine::is_no_file(whole)                   ? "is no file"
                    : ::access(folder.c_str(), W_OK | X_OK) != 0  ? std::strerror(errno)
                                                                  : nullptr;
  if (why)
    throw kernels::UsageError(kernels::text(option, ": ", path, ": cannot be written: ", why));
}

void write_json(const std::string& path, const std::string& json) {
  if (path.empty()) return;
  if (path == "-")
    std::printf("%s\n", json.c_str());
  else
    aux_training::write_text_file(path, json + "\n");
}

}  // namespace tools
