#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace leat::base {
namespace {

// Closes on the way out.
class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  ~Descriptor() {
    if (fd_ > STDIN_FILENO) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

Status failure(int error, std::string_view what, const std::string& path) {
  Code code = Code::unavailable;
  if (error == ENOENT || error == ENOTDIR) code = Code::not_found;
  if (error == EACCES || error == EPERM || error == EROFS) code = Code::permission_denied;
  return Status(code, std::string(what) + ": " + std::strerror(error)).with("path", path);
}

Status write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(fd, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return Status(Code::unavailable, std::strerror(errno));
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Status sync_folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || ::fsync(fd.get()) != 0)
    return failure(errno, "the folder cannot be synced", folder);
  return {};
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  const bool from_stdin = path == "-";
  const Descriptor fd(from_stdin
                          ? STDIN_FILENO
                          : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (fd.get() < 0) return failure(errno, "the file cannot be read", path);
  struct stat about {};
  if (!from_stdin && (::fstat(fd.get(), &about) != 0 || !S_ISREG(about.st_mode))) {
    return Status(Code::invalid_argument, "this is no regular file").with("path", path);
  }
  std::string text;
  char buffer[16 * 1024];
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return Status(Code::data_loss,
                    std::string("the file cannot be read: ") + std::strerror(errno))
          .with("path", path);
    if (got == 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > bytes_max) {
      return Status(Code::exhausted,
                    "the file is larger than " + std::to_string(bytes_max) + " bytes")
          .with("path", path);
    }
  }
}

Status write_file(const std::string& path, std::string_view text, mode_t mode) {
  std::string beside = path + ".XXXXXX";
  const Descriptor fd(::mkostemp(beside.data(), O_CLOEXEC));
  if (fd.get() < 0) return failure(errno, "no file can be made there", path);
  Status done = write_all(fd.get(), text);
  if (done.ok() && (::fchmod(fd.get(), mode) != 0 || ::fsync(fd.get()) != 0 ||
                    ::rename(beside.c_str(), path.c_str()) != 0)) {
    done = failure(errno, "the file cannot be written", path);
  }
  if (!done.ok()) {
    ::unlink(beside.c_str());
    return done;
  }
  return sync_folder_of(path);
}

}  // namespace leat::base
