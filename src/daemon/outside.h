#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace leat::daemon {

// What a definition's `${env:NAME}` (kind "env") or `${file:/path}` (kind "file") stands for: the
// variable of this process, or the content of a regular file beneath one of the folders, without
// one line end. Links are not followed. At most kOutsideBytesMax bytes of UTF-8 without NUL.
// not_found, permission_denied, exhausted, invalid_argument; messages name the place, never what
// stands there.
inline constexpr std::size_t kOutsideBytesMax = 64 * 1024;
Result<std::string> read_outside(std::string_view kind, std::string_view name,
                                 const std::vector<std::string>& folders);

}  // namespace leat::daemon
