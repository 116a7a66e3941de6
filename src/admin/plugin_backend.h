#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "plugin/plugins.h"
#include "runtime/supervisor.h"

namespace leat::admin {

// What a look at the drop-in folder found.
struct RescanReceipt {
  std::vector<std::string> loaded;  // "fraud 1.3.0"
  std::size_t unchanged = 0;
  std::vector<plugin::RefusedView> refused;
};

// A library that a client sends.
struct PluginUpload {
  std::string name;  // as the path says; the library's note says the same
  plugin::Version version;
  std::string bytes;
  std::string sha256;     // 64 hex digits: what the client says of the bytes
  std::string signature;  // as plugin::Trust::check() takes it; empty = none
};

// The plugins of a process, as the API sees them; a test gives a fake. Called on the io thread. Replies
// come exactly once, on any thread.
class PluginBackend {
 public:
  virtual ~PluginBackend() = default;

  virtual plugin::Plugins& installed() = 0;
  // Looks at every file of the drop-in folder; not_found when there is no folder.
  virtual void rescan(runtime::Reply<RescanReceipt> reply) = 0;
  // The statuses of Plugins::activate().
  virtual void activate(const std::string& name, const plugin::Version& version,
                        runtime::Reply<plugin::Activation> reply) = 0;
  // The statuses of Plugins::remove().
  virtual void remove(const std::string& name, const plugin::Version& version,
                      runtime::Reply<std::string> reply) = 0;
  // Checks the library and takes it; refusals are in the arrival. invalid_argument when the bytes have
  // another digest.
  virtual void upload(PluginUpload upload, runtime::Reply<plugin::Arrival> reply) = 0;
};

}  // namespace leat::admin
