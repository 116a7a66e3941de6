#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/calls/row_errors.h"
#include "plugin/inspect.h"
#include "plugin/listing.h"

namespace leat::plugin {

// A function of a loaded library. Immutable; lives as long as the process, as its code does.
struct LoadedFunction {
  FunctionPlace place;
  FunctionInfo info;
  const leat_function* code = nullptr;
};

// A library whose code is in this process. It is never unloaded: values on their way may view its
// static text, and threads may still have to run its destructors. Immutable.
class Library {
 public:
  // Loads the file and lets it add its functions: check 6, and the heart of check 5. Runs code of the
  // plugin. LOAD_FAILED, INIT_FAILED, BAD_FUNCTION. `path` is the copy in the store: the loader knows a
  // path it has loaded already and would give that library again. On the control thread.
  static Checked<std::shared_ptr<const Library>> load(const std::string& path,
                                                      const Identity& identity);

  const Identity& identity() const noexcept { return identity_; }
  const std::vector<FunctionInfo>& infos() const noexcept { return infos_; }
  // Null when there is none of this name (without the plugin's).
  const LoadedFunction* find(std::string_view function) const noexcept;
  const std::vector<LoadedFunction>& functions() const noexcept { return *functions_; }

 private:
  Library() = default;

  Identity identity_;
  std::vector<FunctionInfo> infos_;
  const std::vector<LoadedFunction>* functions_ = nullptr;  // never freed
};

}  // namespace leat::plugin
