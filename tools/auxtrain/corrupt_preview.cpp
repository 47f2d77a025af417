#include <algorithm>

#include "data/corruptions/prepare.h"
#include "kernels/base/check.h"
#include "tools/auxtrain/corrupt_job.h"

namespace tools {
namespace {

using namespace data::corruptions;
using data::Image;

constexpr int kGap = 4;           // between pictures, pixels
constexpr int kLeastCell = 96;    // smaller pictures are enlarged to about this
constexpr int kLetterWidth = 12;  // two pixels for each of a letter's
constexpr int kLabelWidth = 17 * kLetterWidth + 2 * kGap;  // of the longest name

// Letters of 5 x 7: seven rows of five bits, for a to z.
constexpr std::uint8_t kLetters[26][7] = {
    {0x0e, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11}, {0x1e, 0x11, 0x11, 0x1e, 0x11, 0x11, 0x1e},
    {0x0e, 0x11, 0x10, 0x10, 0x10, 0x11, 0x0e}, {0x1e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1e},
    {0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x1f}, {0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x10},
    {0x0e, 0x11, 0x10, 0x17, 0x11, 0x11, 0x0f}, {0x11, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11},
    {0x0e, 0x04, 0x04, 0x04, 0x04, 0x04, 0x0e}, {0x07, 0x02, 0x02, 0x02, 0x02, 0x12, 0x0c},
    {0x11, 0x12, 0x14, 0x18, 0x14, 0x12, 0x11}, {0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1f},
    {0x11, 0x1b, 0x15, 0x15, 0x11, 0x11, 0x11}, {0x11, 0x11, 0x19, 0x15, 0x13, 0x11, 0x11},
    {0x0e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0e}, {0x1e, 0x11, 0x11, 0x1e, 0x10, 0x10, 0x10},
    {0x0e, 0x11, 0x11, 0x11, 0x15, 0x12, 0x0d}, {0x1e, 0x11, 0x11, 0x1e, 0x14, 0x12, 0x11},
    {0x0f, 0x10, 0x10, 0x0e, 0x01, 0x01, 0x1e}, {0x1f, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04},
    {0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0e}, {0x11, 0x11, 0x11, 0x11, 0x11, 0x0a, 0x04},
    {0x11, 0x11, 0x11, 0x15, 0x15, 0x15, 0x0a}, {0x11, 0x11, 0x0a, 0x04, 0x0a, 0x11, 0x11},
    {0x11, 0x11, 0x11, 0x0a, 0x04, 0x04, 0x04}, {0x1f, 0x01, 0x02, 0x04, 0x08, 0x10, 0x1f}};

void fill(Image& sheet, int top, int left, int height, int width, std::uint8_t grey) {
  for (int y = top; y < top + height; ++y)
    std::fill_n(sheet.pixels.begin() + (long{y} * sheet.width + left) * 3, width * 3, grey);
}

// Anything but a to z is a gap.
void write_text(Image& sheet, int top, int left, const std::string& text) {
  for (const char letter : text) {
    if (letter >= 'a' && letter <= 'z')
      for (int row = 0; row < 7; ++row)
        for (int column = 0; column < 5; ++column)
          if (kLetters[letter - 'a'][row] >> (4 - column) & 1)
            fill(sheet, top + 2 * row, left + 2 * column, 2, 2, 0);
    left += kLetterWidth;
  }
}

// Each pixel as a square of `scale` pixels.
void place(Image& sheet, int top, int left, const std::vector<std::uint8_t>& pixels, int side,
           int scale) {
  for (int y = 0; y < side * scale; ++y)
    for (int x = 0; x < side * scale; ++x)
      std::copy_n(pixels.begin() + (long{y / scale} * side + x / scale) * 3, 3,
                  sheet.pixels.begin() + (long{top + y} * sheet.width + left + x) * 3);
}

}  // namespace

void write_contact_sheet(const CorruptionJob& job, const std::string& picture) {
  const int scale = std::max(1, (kLeastCell + job.side - 1) / job.side);
  const int cell = job.side * scale + kGap;
  const auto rows = static_cast<int>(job.kinds.size()) + 1;
  const auto columns = static_cast<int>(job.severities.size());
  Image sheet{rows * cell + kGap, kLabelWidth + columns * cell + kGap, {}};
  if (!data::fits_png(sheet.height, sheet.width))
    throw kernels::UsageError(kernels::text(
        "--side: pictures of ", job.side, " pixels make a sheet of ", sheet.height, " x ",
        sheet.width,
        ", too large for a PNG; a smaller one, or fewer with --only and --severities"));
  const Image clean = read_prepared(picture, job.preset, job.side);
  sheet.pixels.assign(std::size_t(sheet.height) * sheet.width * 3, 255);

  const auto label = [&](int row, const std::string& text) {
    write_text(sheet, row * cell + cell / 2 - 7, kGap, text);
  };
  label(0, "clean");
  place(sheet, kGap, kLabelWidth, clean.pixels, job.side, scale);
  for (int row = 1; row < rows; ++row)
    label(row, name_of(job.kinds[static_cast<std::size_t>(row) - 1]));
  job.pool.run((rows - 1) * columns, [&](int index, int) {
    const int row = index / columns, column = index % columns;
    std::vector<std::uint8_t> corrupted(clean.pixels.size());
    job.corrupt(clean.pixels.data(), {job.side, job.side}, job.kinds[static_cast<std::size_t>(row)],
                job.severities[static_cast<std::size_t>(column)], 0, corrupted.data());
    place(sheet, (row + 1) * cell + kGap, kLabelWidth + column * cell, corrupted, job.side, scale);
  });
  data::write_png(job.output.string(), sheet);
}

}  // namespace tools
