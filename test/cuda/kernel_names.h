// What the kernels are called whose launches the stand-in has written down.
#pragma once

#include <map>
#include <string>

namespace test {

// The mangled names, by a tool that comes with the compiler: kernels are local symbols of the
// stand-in's library.
std::map<const void*, std::string> names_of(std::map<const void*, std::string> kernels);

}  // namespace test
