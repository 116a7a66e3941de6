#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"

namespace leat::plugin {

// Tells which libraries of the drop-in folder are to be looked at. On the control thread.
class FolderWatch {
 public:
  virtual ~FolderWatch() = default;
  // Readable when changed() has something; -1 = nobody tells, ask every plugins.poll_interval.
  virtual int fd() const noexcept = 0;
  // Names of files that came or were written since the last call, each once, sorted; at the first call
  // all that are there. Never blocks.
  virtual std::vector<std::string> changed() = 0;
};

inline constexpr std::size_t kWatchedMax = 10'000;  // files of the folder that are looked at

// The kernel tells: a file counts once its writer closed it, or when it was moved here. Looks at
// everything again when the kernel lost count or the folder was put in place anew. unavailable when it cannot watch.
Result<std::unique_ptr<FolderWatch>> watch_by_inotify(const std::string& folder);
// Compares size, times and inode with the last call: a file counts once it stayed the same for one call, so that what is
// being written is left alone. For file systems that tell nothing.
std::unique_ptr<FolderWatch> watch_by_polling(const std::string& folder);

}  // namespace leat::plugin
