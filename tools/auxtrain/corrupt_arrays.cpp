#include <chrono>
#include <cstdio>
#include <numeric>

#include "aux_training/interrupt.h"
#include "aux_training/report/progress.h"
#include "aux_training/report/table.h"
#include "data/npy.h"
#include "engine/checkpoint/atomic_file.h"
#include "kernels/base/check.h"
#include "tools/auxtrain/corrupt_job.h"

namespace tools {
namespace {

using namespace aux_training;
using namespace data::corruptions;
namespace fs = std::filesystem;

constexpr int kBlock = 1000;  // images between two looks at signals and progress

// Whether a whole file is there; an Error where one is that does not fit.
bool is_done(const fs::path& path, const std::vector<long>& shape) {
  if (!fs::exists(path)) return false;
  const data::NpyFile file(path.string());
  CHECK(file.shape() == shape, path.string(), ": expected a shape of ", data::shape_text(shape),
        ", got ", data::shape_text(file.shape()), "; remove it or give another --output");
  return true;
}

void write_labels(const CorruptionJob& job, const data::Images& images) {
  const std::vector<long> shape{static_cast<long>(job.severities.size()) * images.count};
  const fs::path path = job.output / "labels.npy";
  if (is_done(path, shape)) return;
  std::string contents = data::npy_header(shape);
  for (std::size_t i = 0; i < job.severities.size(); ++i)
    for (const int label : images.labels) contents += static_cast<char>(label);
  engine::write_file_atomically(path, contents);
}

// One file; false where a signal has come, and then there is no file.
bool write_kind(const CorruptionJob& job, const data::Images& images, Kind kind,
                const std::vector<long>& shape, long done, Progress& progress) {
  engine::AtomicFile file(job.output / (name_of(kind) + ".npy"));
  const std::string header = data::npy_header(shape);
  file.write(header.data(), header.size());
  std::vector<std::uint8_t> block(kBlock * images.image_size());
  for (const int severity : job.severities)
    for (int first = 0; first < images.count; first += kBlock) {
      const int count = std::min(kBlock, images.count - first);
      job.pool.run(count, [&](int i, int) {
        job.corrupt(images.image(first + i), {images.height, images.width}, kind, severity,
                    first + i, block.data() + static_cast<std::size_t>(i) * images.image_size());
      });
      file.write(block.data(), static_cast<std::size_t>(count) * images.image_size());
      progress.update(done += count);
      if (interrupt()) return false;
    }
  file.finish();
  return true;
}

}  // namespace

int write_arrays(const CorruptionJob& job, const data::Images& images) {
  const long rows = static_cast<long>(job.severities.size()) * images.count;
  const std::vector<long> shape{rows, images.height, images.width, 3};
  write_labels(job, images);
  Table table({{"file", Align::Left},
               {"images", Align::Right},
               {"seconds", Align::Right},
               {"images/s", Align::Right}});
  std::vector<Kind> missing;
  for (const Kind kind : job.kinds) {
    if (is_done(job.output / (name_of(kind) + ".npy"), shape))
      table.row({name_of(kind) + ".npy", grouped(rows), "there", ""});
    else
      missing.push_back(kind);
  }
  Progress progress("corrupt", rows * static_cast<long>(missing.size()));
  long done = 0;
  for (const Kind kind : missing) {
    const auto start = std::chrono::steady_clock::now();
    if (!write_kind(job, images, kind, shape, done, progress)) {
      progress.clear_line();
      std::fprintf(stderr, "stopped at %s; the same command goes on\n", name_of(kind).c_str());
      return interrupt();
    }
    done += rows;
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", seconds);
    table.row({name_of(kind) + ".npy", grouped(rows), text,
               grouped(static_cast<long>(static_cast<double>(rows) / seconds))});
  }
  progress.clear_line();
  std::printf("%s", table.str().c_str());
  return 0;
}

}  // namespace tools
