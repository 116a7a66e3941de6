#include "local/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cstring>

namespace leat::local {
namespace {

// The part of an absolute path beneath a folder; empty when it is not beneath.
std::string_view beneath(std::string_view folder, std::string_view path) {
  while (folder.size() > 1 && folder.back() == '/') folder.remove_suffix(1);
  if (!path.starts_with(folder)) return {};
  path.remove_prefix(folder.size());
  if (folder != "/" && !path.starts_with('/')) return {};
  while (path.starts_with('/')) path.remove_prefix(1);
  return path;
}

Status failure(int error, const std::string& path) {
  const std::string why = std::strerror(error);
  switch (error) {
    case ENOENT:
    case ENOTDIR: return Status(Code::not_found, "there is no such file").with("path", path);
    case EXDEV:
    case ELOOP:
      return Status(Code::permission_denied,
                    "the path leaves the allowed folder or goes through a symbolic link")
          .with("path", path);
    case EACCES:
    case EPERM:
    case EROFS:
      return Status(Code::permission_denied, "the file cannot be opened: " + why)
          .with("path", path);
    default:
      return Status(Code::unavailable, "the file cannot be opened: " + why).with("path", path);
  }
}

}  // namespace

Result<Descriptor> open_beneath(const std::vector<std::string>& folders, const std::string& path,
                                Access access) {
  std::string_view folder;
  std::string_view rest;
  if (!path.starts_with('/')) {
    if (!folders.empty()) folder = folders[0];
    rest = path;
  } else {
    for (const std::string& allowed : folders) {
      rest = beneath(allowed, path);
      folder = allowed;
      if (!rest.empty()) break;
    }
  }
  if (folder.empty() || rest.empty())
    return Status(Code::permission_denied,
                  "the path is in none of the folders that the configuration allows")
        .with("path", path);
  const Descriptor base(::open(std::string(folder).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!base.open()) return failure(errno, std::string(folder));
  open_how how{};
  how.flags = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.flags |= access == Access::read ? O_RDONLY : O_RDWR | O_APPEND | O_CREAT;
  if (access == Access::append) how.mode = 0640;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  Descriptor file(static_cast<int>(
      ::syscall(SYS_openat2, base.get(), std::string(rest).c_str(), &how, sizeof(how))));
  if (!file.open()) return failure(errno, path);
  struct stat about {};
  if (::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode))
    return Status(Code::invalid_argument, "this is no regular file").with("path", path);
  return file;
}

}  // namespace leat::local
