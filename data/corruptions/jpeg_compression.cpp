#include "data/corruptions/jpeg_compression.h"

#include <turbojpeg.h>

#include <memory>

#include "kernels/base/check.h"

namespace data::corruptions {
namespace {

using Codec = std::unique_ptr<void, int (*)(tjhandle)>;

}  // namespace

void jpeg_compression(const std::uint8_t* in, ImageSize size, int quality, std::uint8_t* out,
                      Workspace& workspace) {
  thread_local const Codec kEncoder(tjInitCompress(), tjDestroy);
  thread_local const Codec kDecoder(tjInitDecompress(), tjDestroy);
  CHECK(kEncoder && kDecoder, "libjpeg-turbo: cannot start");
  unsigned long bytes = tjBufSize(size.width, size.height, TJSAMP_420);
  unsigned char* file = workspace.array<unsigned char>(static_cast<long>(bytes));
  CHECK(tjCompress2(kEncoder.get(), in, size.width, 0, size.height, TJPF_RGB, &file, &bytes,
                    TJSAMP_420, quality, TJFLAG_NOREALLOC | TJFLAG_ACCURATEDCT) == 0,
        "jpeg_compression: ", tjGetErrorStr2(kEncoder.get()));
  CHECK(tjDecompress2(kDecoder.get(), file, bytes, out, size.width, 0, size.height, TJPF_RGB,
                      TJFLAG_ACCURATEDCT) == 0,
        "jpeg_compression: ", tjGetErrorStr2(kDecoder.get()));
}

}  // namespace data::corruptions
