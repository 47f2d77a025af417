#include "data/cifar.h"

#include <filesystem>
#include <fstream>

#include "kernels/base/check.h"

namespace data {
namespace {

constexpr int kSide = 32;
constexpr int kPlane = kSide * kSide;

// What tells CIFAR-10's and CIFAR-100's files apart.
struct Format {
  const char* name;     // as in load_dataset()
  const char* folder;   // of the published archive
  const char* archive;  // its public name
  const char* names_file;
  int classes;
  int label_bytes;  // in front of the pixels; the last one is the class
  int record_bytes() const { return label_bytes + 3 * kPlane; }
};
constexpr Format kCifar10{
    "cifar10", "cifar-10-batches-bin", "cifar-10-binary.tar.gz", "batches.meta.txt", 10, 1};
constexpr Format kCifar100{
    "cifar100", "cifar-100-binary", "cifar-100-binary.tar.gz", "fine_label_names.txt", 100, 2};

std::string path_in(const std::string& directory, const Format& format, const std::string& file) {
  return (std::filesystem::path(directory) / format.folder / file).string();
}

std::ifstream open(const std::string& path, const std::string& directory, const Format& format) {
  std::ifstream in(path, std::ios::binary);
  CHECK(in, "data set ", format.name, ": cannot read ", path, "; download ", format.archive,
        " from https://www.cs.toronto.edu/~kriz/cifar.html and unpack it in ", directory,
        " (--data or $AUXTRAIN_DATA chooses the directory), or use the built-in data set "
        "'synthetic', which needs no files");
  return in;
}

// Reads the `count` records of one file as the images from `first` on.
void read_file(const std::string& directory, const Format& format, const std::string& file,
               int first, int count, Images& images) {
  const std::string path = path_in(directory, format, file);
  std::ifstream in = open(path, directory, format);
  const long expected = long{count} * format.record_bytes();
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path, error);
  CHECK(!error, path, ": cannot tell its size: ", error.message());
  CHECK(bytes == static_cast<std::uintmax_t>(expected), path, ": expected ", expected, " bytes (",
        count, " records of ", format.record_bytes(), "), got ", bytes);

  std::vector<unsigned char> record(format.record_bytes());
  for (int index = 0; index < count; ++index) {
    const long offset = long{index} * format.record_bytes();
    in.read(reinterpret_cast<char*>(record.data()), static_cast<std::streamsize>(record.size()));
    CHECK(in, path, ": cannot read the record at byte ", offset);
    const int label = record[format.label_bytes - 1];
    CHECK(label < format.classes, path, ": label at byte ", offset + format.label_bytes - 1,
          " must be below ", format.classes, ", got ", label);
    images.labels[first + index] = label;
    const unsigned char* planes = record.data() + format.label_bytes;
    std::uint8_t* pixels = images.pixels.data() + (first + index) * images.image_size();
    for (int i = 0; i < kPlane; ++i)
      for (int channel = 0; channel < 3; ++channel)
        pixels[3 * i + channel] = planes[channel * kPlane + i];
  }
}

Images read_records(const std::string& directory, const Format& format,
                    const std::vector<std::string>& files, int records_each) {
  Images images{int(files.size()) * records_each, kSide, kSide, format.classes, {}, {}};
  images.labels.resize(images.count);
  images.pixels.resize(images.count * images.image_size());
  int first = 0;
  for (const std::string& file : files) {
    read_file(directory, format, file, first, records_each, images);
    first += records_each;
  }
  return images;
}

std::vector<std::string> read_names(const std::string& directory, const Format& format) {
  const std::string path = path_in(directory, format, format.names_file);
  std::ifstream in = open(path, directory, format);
  std::vector<std::string> names;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) names.push_back(line);
  }
  CHECK(names.size() == static_cast<std::size_t>(format.classes), path, ": expected ",
        format.classes, " class names, one a line, got ", names.size());
  return names;
}

}  // namespace

Dataset read_cifar10(const std::string& directory) {
  return {kCifar10.name, read_names(directory, kCifar10), kCifarNormalization,
          read_records(directory, kCifar10,
                       {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                        "data_batch_4.bin", "data_batch_5.bin"},
                       10000),
          read_records(directory, kCifar10, {"test_batch.bin"}, 10000)};
}

Dataset read_cifar100(const std::string& directory) {
  return {kCifar100.name, read_names(directory, kCifar100), kCifarNormalization,
          read_records(directory, kCifar100, {"train.bin"}, 50000),
          read_records(directory, kCifar100, {"test.bin"}, 10000)};
}

}  // namespace data
