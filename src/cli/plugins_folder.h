#pragma once

#include <memory>

#include "cli/session.h"
#include "plugin/folder.h"

namespace leat::cli {

// The plugins of `--plugins`; null when the option is not there. Tells of what is refused on stderr.
Result<std::unique_ptr<leat::plugin::Folder>> open_plugins(Session& session);

// The same for commands: null and no folder is fine; a failure is told, and `code` says how to end.
struct GivenPlugins {
  std::unique_ptr<leat::plugin::Folder> folder;
  ExitCode code = ExitCode::done;

  leat::plugin::Plugins* get() const { return folder ? &folder->plugins() : nullptr; }
};
GivenPlugins given_plugins(Session& session);

}  // namespace leat::cli
