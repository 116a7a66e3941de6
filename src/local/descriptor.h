#pragma once

#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace leat::local {

// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() noexcept = default;
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const noexcept { return fd_; }
  bool open() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

enum class Access : unsigned char { read, append };

// Opens a regular file beneath one of the folders (a relative path: beneath the first), never
// through symbolic links; `append` makes it when it is not there. Never blocks on a FIFO.
// not_found, permission_denied (outside of the folders too), invalid_argument.
Result<Descriptor> open_beneath(const std::vector<std::string>& folders, const std::string& path,
                                Access access);

}  // namespace leat::local
