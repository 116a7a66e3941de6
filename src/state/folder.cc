#include "state/folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace leat::state {

namespace fs = std::filesystem;

Status path_failure(std::string_view what, const std::error_code& error, const std::string& path) {
  Code code = Code::unavailable;
  if (error == std::errc::no_space_on_device || error == std::errc::file_too_large)
    code = Code::exhausted;
  if (error == std::errc::permission_denied || error == std::errc::operation_not_permitted ||
      error == std::errc::read_only_file_system)
    code = Code::permission_denied;
  return Status(code, std::string(what) + ": " + error.message()).with("path", path);
}

Status make_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) fs::permissions(path, fs::perms::owner_all, error);
  return error ? path_failure("no folder can be made", error, path) : Status();
}

Status remove_all(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  return error ? path_failure("a folder cannot be removed", error, path) : Status();
}

Status rename_path(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::rename(from, to, error);
  return error ? path_failure("a folder cannot be renamed", error, from) : Status();
}

bool path_exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

Status sync_path(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const std::error_code error(errno, std::generic_category());
  if (fd >= 0) ::close(fd);
  return synced ? Status() : path_failure("it cannot be synced", error, path);
}

std::uint64_t bytes_in(const std::string& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error))
    if (entry->is_regular_file(error)) bytes += entry->file_size(error);
  return bytes;
}

}  // namespace leat::state
