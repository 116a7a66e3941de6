#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"

namespace leat::base {

// The bytes of a regular file (or of stdin for "-"), at most `bytes_max`: more is exhausted.
// not_found, permission_denied, invalid_argument (a folder, a socket, …) or data_loss (a read
// error) with the path otherwise. Never blocks on a FIFO.
Result<std::string> read_file(const std::string& path, std::size_t bytes_max);

// Replaces `path` by `text` so that a crash leaves the old or the new content: a file beside it is
// written, synced and renamed, and the folder is synced. permission_denied or unavailable with the
// path.
Status write_file(const std::string& path, std::string_view text, mode_t mode);

}  // namespace leat::base
