#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "admin/plugin_backend.h"
#include "base/clock.h"
#include "base/mailbox.h"
#include "base/wakeup.h"
#include "daemon/config.h"
#include "plugin/check.h"
#include "plugin/folder_watch.h"

namespace leat::daemon {

// The plugins of the daemon: its store, its drop-in folder, and what the API asks of them. A thread of its
// own checks libraries, which may take seconds each. Life: open(), start(), stop(); then it is destroyed.
// The methods of the API are thread-safe, the others are for the main thread.
class PluginDesk final : public admin::PluginBackend {
 public:
  // Opens the store beneath `state_dir`. `config` and `clock` outlive it.
  static Result<std::unique_ptr<PluginDesk>> open(const Config& config,
                                                  const std::string& state_dir, const Clock& clock);
  ~PluginDesk() override;

  // Takes what lies in the folder, then goes on watching.
  void start();
  void stop();
  // Looks at the whole folder soon.
  void look_again();

  plugin::Plugins& installed() override { return *plugins_; }
  void rescan(runtime::Reply<admin::RescanReceipt> reply) override;
  void activate(const std::string& name, const plugin::Version& version,
                runtime::Reply<plugin::Activation> reply) override;
  void remove(const std::string& name, const plugin::Version& version,
              runtime::Reply<std::string> reply) override;
  void upload(admin::PluginUpload upload, runtime::Reply<plugin::Arrival> reply) override;

 private:
  using Work = std::function<void()>;

  PluginDesk(const Config& config, std::string state_dir, std::unique_ptr<plugin::Plugins> plugins,
             const Clock& clock);
  void run();
  void sleep();
  void look_at_changes();
  plugin::CheckRules rules() const;
  plugin::Arrival take_file(const std::string& file);
  Result<admin::RescanReceipt> take_all();
  Result<plugin::Arrival> take(const admin::PluginUpload& upload);
  // Work for the thread; what comes after stop() is not done.
  template <class T>
  void ask(runtime::Reply<T> reply, std::function<Result<T>()> work);

  const Config::Plugins& settings_;
  const std::string state_dir_;
  const std::unique_ptr<plugin::Plugins> plugins_;
  const Clock& clock_;
  std::unique_ptr<plugin::FolderWatch> watch_;
  base::Wakeup wakeup_;
  base::Mailbox<Work> work_{wakeup_};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace leat::daemon
