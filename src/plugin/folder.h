#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "plugin/check.h"
#include "plugin/plugins.h"

namespace leat::plugin {

// The libraries of a folder, for a process that looks at it once and keeps nothing: every one that passes
// the checks is loaded and activated; what is refused is in the view. The store lies in the folder for
// temporary files and goes with the object; libraries stay loaded. Thread-safe as Plugins is.
class Folder {
 public:
  struct Rules {
    Trust trust = {};
    InspectRules inspect = {};
    ProbeOptions probe = {};
    std::size_t bytes_max = std::size_t{64} << 20;  // of a library
  };

  // Blocks for as long as the probes take. not_found or permission_denied when the folder cannot be read;
  // unavailable when there is no place for the store.
  static Result<std::unique_ptr<Folder>> open(const std::string& folder, const Rules& rules,
                                              const Clock& clock);
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  Plugins& plugins() noexcept { return *plugins_; }

 private:
  explicit Folder(std::string store) : store_(std::move(store)) {}

  const std::string store_;
  std::unique_ptr<Plugins> plugins_;
};

// What the checks say of one file, wherever it lies; nothing is kept.
Result<CheckOutcome> look_at(const std::string& path, const Folder::Rules& rules,
                             const Clock& clock);

}  // namespace leat::plugin
