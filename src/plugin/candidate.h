#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/status.h"
#include "plugin/refusal.h"

namespace leat::plugin {

inline constexpr std::size_t kSignatureFileBytesMax = 1024;

// A library that was read from a folder, once: checks, copy and probe all see these bytes.
struct Candidate {
  std::string bytes;
  std::string signature;  // what stands in `<file>.sig`; empty when there is none
};

// Reads a file directly beneath `folder` (check 1): no symbolic link, a regular file, at most
// `bytes_max`, in a folder that belongs to us or root and that nobody else may write to. Refuses
// NOT_REGULAR_FILE (also: not there, not readable), SYMLINK, TOO_LARGE, FOLDER_WRITABLE. Never
// blocks on a FIFO or a device.
Checked<Candidate> read_candidate(const std::string& folder, const std::string& file,
                                  std::size_t bytes_max);

// The names in `folder` that may be libraries (is_library_file_name), sorted; at most `most`.
// not_found or permission_denied when the folder cannot be read.
Result<std::vector<std::string>> list_candidates(const std::string& folder, std::size_t most);

}  // namespace leat::plugin
