// What of a file does not fit, the first few of it.
#pragma once

#include <string>

#include "kernels/base/check.h"

namespace engine {

class Differences {
 public:
  template <class... Parts>
  void add(const Parts&... parts) {
    constexpr int kListed = 3;
    if (++count_ <= kListed)
      listed_ += (count_ > 1 ? "; " : "") + kernels::text(parts...);
    else
      more_ = kernels::text(" and ", count_ - kListed, " more");
  }

  // An Error where there are any.
  void require_none(const std::string& file) const {
    CHECK(count_ == 0, file, ": does not fit the model: ", listed_, more_);
  }

 private:
  int count_ = 0;
  std::string listed_, more_;
};

}  // namespace engine
