#include "daemon/outside.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/text.h"
#include "local/descriptor.h"

namespace leat::daemon {
namespace {

Result<std::string> read_variable(const std::string& name) {
  const char* found = std::getenv(name.c_str());
  if (found == nullptr)
    return Status(Code::not_found, "the daemon's environment has no such variable");
  return std::string(found);
}

Result<std::string> read_all(const local::Descriptor& file) {
  std::string text(kOutsideBytesMax + 1, '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + filled, text.size() - filled);
    if (got == 0) break;
    if (got < 0 && errno != EINTR) return Status(Code::unavailable, "the file cannot be read");
    if (got > 0) filled += static_cast<std::size_t>(got);
  }
  text.resize(filled);
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

Result<std::string> read_secret_file(const std::string& path,
                                     const std::vector<std::string>& folders) {
  Result<local::Descriptor> file = local::open_beneath(folders, path, local::Access::read);
  if (!file.ok()) return Status(file.status().code(), file.status().message());
  return read_all(*file);
}

}  // namespace

Result<std::string> read_outside(std::string_view kind, std::string_view name,
                                 const std::vector<std::string>& folders) {
  Result<std::string> text = kind == "env" ? read_variable(std::string(name))
                                           : read_secret_file(std::string(name), folders);
  if (!text.ok()) return text;
  if (text->size() > kOutsideBytesMax)
    return Status(Code::exhausted, "the value has more than 64 KiB");
  if (!base::valid_utf8(*text) || text->find('\0') != std::string::npos)
    return Status(Code::invalid_argument, "the value is not UTF-8 text");
  return text;
}

}  // namespace leat::daemon
