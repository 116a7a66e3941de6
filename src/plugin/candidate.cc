#include "plugin/candidate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "plugin/descriptor.h"
#include "plugin/names.h"

namespace leat::plugin {
namespace {

std::string error_text(int error) { return std::strerror(error); }

// Opens a file beneath the folder; -1 and errno.
int open_beneath(int folder, const std::string& file) noexcept {
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW;
  struct open_how how {};
  how.flags = kFlags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const long fd = ::syscall(SYS_openat2, folder, file.c_str(), &how, sizeof how);
  if (fd >= 0) return static_cast<int>(fd);
  // Kernels before 5.6, and sandboxes that do not know the call. The name has no slash here.
  if (errno != ENOSYS && errno != EPERM) return -1;
  return ::openat(folder, file.c_str(), kFlags);
}

Checked<Descriptor> open_folder(const std::string& folder) {
  Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.open())
    return Refusal{RefusalCode::not_regular_file,
                   "the plugin folder cannot be opened: " + error_text(errno)};
  struct stat facts {};
  if (::fstat(opened.fd(), &facts) != 0)
    return Refusal{RefusalCode::not_regular_file,
                   "the plugin folder cannot be looked at: " + error_text(errno)};
  if (facts.st_uid != ::geteuid() && facts.st_uid != 0)
    return Refusal{RefusalCode::folder_writable,
                   "the plugin folder belongs to another user: make it yours or root's"};
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return Refusal{RefusalCode::folder_writable,
                   "others may write to the plugin folder: chmod go-w it"};
  return opened;
}

Refusal why_not_opened(int error) {
  if (error == ELOOP || error == EMLINK)
    return {RefusalCode::symlink, "the file is a symbolic link: copy the library itself"};
  if (error == EXDEV)
    return {RefusalCode::not_regular_file, "the path leads out of the plugin folder"};
  if (error == ENXIO)
    return {RefusalCode::not_regular_file, "the file is a FIFO, a device or a socket"};
  return {RefusalCode::not_regular_file, "the file cannot be opened: " + error_text(error)};
}

Checked<std::string> read_beneath(int folder, const std::string& file, std::size_t bytes_max) {
  const Descriptor opened(open_beneath(folder, file));
  if (!opened.open()) return why_not_opened(errno);
  struct stat facts {};
  if (::fstat(opened.fd(), &facts) != 0 || !S_ISREG(facts.st_mode))
    return Refusal{RefusalCode::not_regular_file, "it is no regular file"};
  const Refusal too_large{
      RefusalCode::too_large,
      "the file is larger than " + std::to_string(bytes_max) + " bytes (http.plugin_max)"};
  if (static_cast<std::uint64_t>(facts.st_size) > bytes_max) return too_large;
  std::string bytes(static_cast<std::size_t>(facts.st_size) + 1, '\0');
  std::size_t used = 0;
  for (;;) {
    // One byte more than it should have: it may grow under our hands.
    if (used == bytes.size()) bytes.resize(bytes.size() + bytes.size() / 2 + 1);
    const ssize_t got = ::read(opened.fd(), bytes.data() + used, bytes.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return Refusal{RefusalCode::not_regular_file,
                     "the file cannot be read: " + error_text(errno)};
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
    if (used > bytes_max) return too_large;
  }
  bytes.resize(used);
  return bytes;
}

}  // namespace

Checked<Candidate> read_candidate(const std::string& folder, const std::string& file,
                                  std::size_t bytes_max) {
  const Checked<Descriptor> opened = open_folder(folder);
  if (!opened.ok()) return opened.refusal();
  if (!is_library_file_name(file))
    return Refusal{RefusalCode::not_regular_file,
                   "a plugin's file has a plain name that ends in .so, directly in the folder"};
  Checked<std::string> bytes = read_beneath(opened->fd(), file, bytes_max);
  if (!bytes.ok()) return bytes.refusal();
  Candidate candidate{*std::move(bytes), {}};
  Checked<std::string> signature =
      read_beneath(opened->fd(), file + ".sig", kSignatureFileBytesMax);
  if (signature.ok()) candidate.signature = *std::move(signature);
  return candidate;
}

Result<std::vector<std::string>> list_candidates(const std::string& folder, std::size_t most) {
  const std::unique_ptr<DIR, int (*)(DIR*)> opened(::opendir(folder.c_str()), ::closedir);
  if (!opened)
    return Status(errno == ENOENT ? Code::not_found : Code::permission_denied,
                  "the plugin folder cannot be read: " + error_text(errno))
        .with("path", folder);
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(opened.get()))
    if (is_library_file_name(entry->d_name) && entry->d_type != DT_DIR)
      names.emplace_back(entry->d_name);
  std::sort(names.begin(), names.end());
  if (names.size() > most) names.resize(most);
  return names;
}

}  // namespace leat::plugin
