#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "plugin/inspect.h"
#include "plugin/listing.h"

namespace leat::plugin {

// Where a library came from.
struct LibraryOrigin {
  std::string from;  // "folder", "upload", "store" (found again without its entry)
  std::string file;  // its name there; empty for an upload

  friend bool operator==(const LibraryOrigin&, const LibraryOrigin&) = default;
};

// What is known of a library in the store. A value.
struct StoredLibrary {
  std::string sha256;
  Identity identity;
  std::uint64_t bytes = 0;
  LibraryOrigin origin;
  WallTime stored_at;
  std::vector<FunctionInfo> functions;  // as the probe listed them; empty = was not probed
  std::uint32_t generation = 1;         // the n-th library of this name, from 1
  bool activated = false;               // it takes part where a range of versions is asked for
  bool is_default = false;              // of its name
  bool superseded = false;              // another library of the same version took its place
  std::string rejected = {};            // why it was taken back; empty = it was not

  friend bool operator==(const StoredLibrary&, const StoredLibrary&) = default;
};

// The daemon's own copies of libraries, by content, and the index that says what they are:
// `<folder>/<sha256>.so`, read-only, and `<folder>/index.json`. A copy is never written again, so what
// was loaded stays what it was. On the control thread, except put() and path().
class Store {
 public:
  // Makes the folder (0700) or reads what is in it. Every copy is compared with its digest; what is
  // damaged is left out and told in problems(). A damaged index is kept aside, and its copies are found again
  // by looking into them, without their listing and their activation. permission_denied or unavailable when the folder
  // cannot be used.
  static Result<Store> open(const std::string& folder);

  const std::vector<StoredLibrary>& libraries() const noexcept { return libraries_; }
  const std::vector<std::string>& problems() const noexcept { return problems_; }

  // The copy of a digest: where it lies.
  static std::string path(const std::string& folder, std::string_view sha256);
  // Writes the copy unless it is there and whole. Thread-safe.
  static Status put(const std::string& folder, std::string_view sha256, std::string_view bytes);
  // Writes the index.
  Status save(std::vector<StoredLibrary> libraries);
  // Removes the copy of a digest that the index does not name.
  Status remove(std::string_view sha256);
  const std::string& folder() const noexcept { return folder_; }

 private:
  explicit Store(std::string folder) : folder_(std::move(folder)) {}
  void read_index();
  void find_again();
  void check_copies();

  std::string folder_;
  std::vector<StoredLibrary> libraries_;
  std::vector<std::string> problems_;
};

}  // namespace leat::plugin
