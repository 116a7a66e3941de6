#pragma once

#include <cstdint>
#include <string>
#include <system_error>

#include "base/status.h"

// What a store does with files and folders. Codes: exhausted (no room), permission_denied,
// unavailable; the path is told.
namespace leat::state {

Status path_failure(std::string_view what, const std::error_code& error, const std::string& path);
// For its owner alone; those above it too.
Status make_folder(const std::string& path);
// Ok when it is not there.
Status remove_all(const std::string& path);
Status rename_path(const std::string& from, const std::string& to);
bool path_exists(const std::string& path);
// Makes a file's bytes, or a folder's names, survive a crash.
Status sync_path(const std::string& path);
// Of the files right in it.
std::uint64_t bytes_in(const std::string& folder);

}  // namespace leat::state
