#include "daemon/plugin_desk.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "base/log.h"
#include "crypto/digest.h"
#include "plugin/candidate.h"

namespace leat::daemon {
namespace {

constexpr std::string_view kLogger = "plugin";

std::string named(const plugin::Arrival& arrival) {
  return arrival.name + (arrival.version ? " " + to_string(*arrival.version) : "");
}

std::string store_of(const std::string& state_dir) { return state_dir + "/plugins"; }

}  // namespace

PluginDesk::PluginDesk(const Config& config, std::string state_dir,
                       std::unique_ptr<plugin::Plugins> plugins, const Clock& clock)
    : settings_(config.plugins),
      state_dir_(std::move(state_dir)),
      plugins_(std::move(plugins)),
      clock_(clock) {}

PluginDesk::~PluginDesk() { stop(); }

Result<std::unique_ptr<PluginDesk>> PluginDesk::open(const Config& config,
                                                     const std::string& state_dir,
                                                     const Clock& clock) {
  auto plugins = plugin::Plugins::open(
      store_of(state_dir),
      {config.plugins.auto_activate, config.plugins.allow_replace, config.plugins.generations_max},
      clock);
  if (!plugins.ok()) return std::move(plugins).status();
  return std::unique_ptr<PluginDesk>(new PluginDesk(config, state_dir, *std::move(plugins), clock));
}

void PluginDesk::start() {
  const std::string& folder = settings_.dir;
  if (!folder.empty()) {
    std::error_code error;
    // The daemon's own folder is made; others must be there.
    if (folder.starts_with(state_dir_ + "/") &&
        std::filesystem::create_directories(folder, error) && !error)
      std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
    if (settings_.watch == Config::PluginWatch::inotify) {
      auto watch = plugin::watch_by_inotify(folder);
      if (watch.ok()) watch_ = *std::move(watch);
      if (!watch_)
        log::warn(kLogger, "the folder is polled", {{"error", watch.status().message()}});
    }
    if (!watch_ && settings_.watch != Config::PluginWatch::off)
      watch_ = plugin::watch_by_polling(folder);
    if (watch_)
      look_at_changes();
    else if (const auto taken = take_all(); !taken.ok())
      log::warn(kLogger, "the folder cannot be read", {{"error", taken.status().to_string()}});
  }
  thread_ = std::thread([this] { run(); });
}

void PluginDesk::stop() {
  stopping_ = true;
  wakeup_.wake();
  if (thread_.joinable()) thread_.join();
}

void PluginDesk::run() {
  while (!stopping_) {
    for (const Work& work : work_.take()) work();
    if (watch_) look_at_changes();
    if (!stopping_) sleep();
  }
  for (const Work& work : work_.take()) work();
}

void PluginDesk::sleep() {
  const bool polls = watch_ && watch_->fd() < 0;
  wakeup_.announce();
  if (!work_.pending() && !stopping_) {
    std::array<pollfd, 2> waits{
        {{wakeup_.fd(), POLLIN, 0}, {watch_ ? watch_->fd() : -1, POLLIN, 0}}};
    const auto wait =
        std::chrono::duration_cast<std::chrono::milliseconds>(settings_.poll_interval);
    ::poll(waits.data(), waits.size(), polls ? static_cast<int>(wait.count()) : -1);
  }
  wakeup_.cancel();
  wakeup_.drain();
}

void PluginDesk::look_at_changes() {
  for (const std::string& file : watch_->changed()) {
    if (stopping_) return;
    take_file(file);
  }
}

plugin::CheckRules PluginDesk::rules() const {
  plugin::CheckRules rules;
  rules.store_folder = store_of(state_dir_);
  rules.trust = settings_.trust;
  rules.inspect.needed_allow = settings_.needed_allow;
  rules.probe.timeout = settings_.probe_timeout;
  rules.probe.memory_bytes = settings_.probe_memory;
  rules.known = plugins_->known();
  return rules;
}

plugin::Arrival PluginDesk::take_file(const std::string& file) {
  return plugins_->admit(
      plugin::check_file(settings_.dir, file, settings_.bytes_max, rules(), clock_),
      {"folder", file});
}

Result<admin::RescanReceipt> PluginDesk::take_all() {
  if (settings_.dir.empty())
    return Status(Code::not_found, "there is no drop-in folder: `plugins.dir` is null");
  const auto files = plugin::list_candidates(settings_.dir, plugin::kWatchedMax);
  if (!files.ok()) return files.status();
  admin::RescanReceipt receipt;
  for (const std::string& file : *files) {
    const plugin::Arrival arrival = take_file(file);
    if (arrival.kind == plugin::Arrival::Kind::added) receipt.loaded.push_back(named(arrival));
    if (arrival.kind == plugin::Arrival::Kind::unchanged) ++receipt.unchanged;
    for (const plugin::Refusal& refusal : arrival.refusals)
      receipt.refused.push_back({file, refusal, clock_.wall_now()});
  }
  return receipt;
}

Result<plugin::Arrival> PluginDesk::take(const admin::PluginUpload& upload) {
  if (crypto::sha256_hex(upload.bytes) != upload.sha256)
    return Status(Code::invalid_argument, "the bytes are not those of `Content-Digest`")
        .with("problem", "BAD_REQUEST");
  plugin::CheckOutcome outcome =
      plugin::check_library(upload.bytes, upload.signature, rules(), clock_);
  const plugin::LibraryOrigin origin{"upload", ""};
  if (outcome.ok() &&
      (outcome.identity->name != upload.name || outcome.identity->version != upload.version)) {
    outcome.library.reset();
    outcome.refusals.push_back({plugin::RefusalCode::note_invalid,
                                "the library says that it is " + outcome.identity->name + " " +
                                    to_string(outcome.identity->version)});
  }
  return plugins_->admit(outcome, origin);
}

template <class T>
void PluginDesk::ask(runtime::Reply<T> reply, std::function<Result<T>()> work) {
  const bool taken = !stopping_ && work_.push([reply, work = std::move(work)] { reply(work()); });
  if (!taken)
    reply(Status(Code::unavailable, "the daemon is stopping").with("problem", "STOPPING"));
}

void PluginDesk::look_again() {
  if (settings_.dir.empty()) return;
  work_.push([this] { static_cast<void>(take_all()); });
}

void PluginDesk::rescan(runtime::Reply<admin::RescanReceipt> reply) {
  ask<admin::RescanReceipt>(std::move(reply), [this] { return take_all(); });
}

void PluginDesk::activate(const std::string& name, const plugin::Version& version,
                          runtime::Reply<plugin::Activation> reply) {
  ask<plugin::Activation>(std::move(reply),
                          [this, name, version] { return plugins_->activate(name, version); });
}

void PluginDesk::remove(const std::string& name, const plugin::Version& version,
                        runtime::Reply<std::string> reply) {
  ask<std::string>(std::move(reply), [this, name, version]() -> Result<std::string> {
    if (Status removed = plugins_->remove(name, version); !removed.ok()) return removed;
    return name;
  });
}

void PluginDesk::upload(admin::PluginUpload upload, runtime::Reply<plugin::Arrival> reply) {
  ask<plugin::Arrival>(std::move(reply), [this, sent = std::make_shared<admin::PluginUpload>(
                                                    std::move(upload))] { return take(*sent); });
}

}  // namespace leat::daemon
