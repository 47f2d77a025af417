#include "test/cuda/kernel_names.h"

#include <dlfcn.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <memory>
#include <sstream>

#include "kernels/base/check.h"

namespace test {

std::map<const void*, std::string> names_of(std::map<const void*, std::string> kernels) {
  Dl_info library{};
  dladdr(kernels.begin()->first, &library);
  std::ostringstream question;
  question << "addr2line -f -e " << library.dli_fname << std::hex;
  for (const auto& [kernel, unnamed] : kernels)
    question << " " << static_cast<const char*>(kernel) - static_cast<char*>(library.dli_fbase);
  const std::unique_ptr<FILE, int (*)(FILE*)> answer(popen(question.str().c_str(), "r"), pclose);
  std::array<char, 4096> line{};
  for (auto& [kernel, name] : kernels) {
    // Its name, and its place in the source.
    CHECK(answer && std::fgets(line.data(), line.size(), answer.get()), "addr2line does not work");
    name = std::string(line.data(), std::strcspn(line.data(), "\n"));
    CHECK(std::fgets(line.data(), line.size(), answer.get()), "addr2line ended too early");
  }
  return kernels;
}

}  // namespace test
