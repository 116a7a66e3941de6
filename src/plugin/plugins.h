#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "plugin/check.h"
#include "plugin/library.h"
#include "plugin/names.h"
#include "plugin/store.h"

namespace leat::plugin {

// available: stored and checked. active: the default of its name. retired: was active and is still mapped.
// rejected: failed while it ran and was taken back.
enum class VersionState : std::uint8_t { available, active, retired, rejected };
std::string_view to_string(VersionState state) noexcept;

// Who uses a version: one pipeline, with the ids of its steps.
struct PluginUser {
  std::string pipeline;
  std::vector<std::string> steps;

  friend bool operator==(const PluginUser&, const PluginUser&) = default;
};

// What can be told of one version. A value.
struct VersionView {
  StoredLibrary library;
  VersionState state = VersionState::available;
  std::optional<WallTime> loaded_at;  // nothing = not in this process
  std::vector<PluginUser> used_by;
};
struct PluginView {
  std::string name;
  std::optional<Version> default_version;
  std::vector<VersionView> versions;  // highest first; generations of one version: newest first
};
struct RefusedView {
  std::string file;  // of the folder; of an upload "name version"
  Refusal refusal;
  WallTime at;
};
// What the API shows. Immutable.
struct PluginsView {
  std::vector<PluginView> plugins;   // by name
  std::vector<RefusedView> refused;  // newest first
  std::size_t loaded = 0;
  std::size_t generations_max = 0;

  const PluginView* find(std::string_view name) const noexcept;
};

struct PluginsSettings {
  bool auto_activate = false;
  bool allow_replace = false;
  std::size_t generations_max = 64;
};

// What became of a library that was offered.
struct Arrival {
  enum class Kind : std::uint8_t { added, unchanged, refused };
  Kind kind = Kind::refused;
  std::string name;  // empty when it could not be read
  std::optional<Version> version;
  std::string sha256;
  bool activated = false;  // it became the default of its name
  std::vector<Refusal> refusals;
};

// A version in use: the library stays loaded. A value.
struct PinnedLibrary {
  std::shared_ptr<const Library> library;
  std::string sha256;
  Version version;
};

struct Activation {
  std::optional<Version> from;  // nothing: there was no default
  Version to;
};

// The libraries that a process has: which versions there are, which of them count, who uses them. Versions
// stand side by side; nothing that runs changes by a new one. Thread-safe: one call at a time, those that
// load a library or write the index may wait for the disk.
class Plugins {
 public:
  static constexpr std::size_t kRefusedMax = 100;
  static constexpr std::size_t kVersionsMax = 1000;  // of all names

  // Reads the store; loads nothing yet. Damage is in problems().
  static Result<std::unique_ptr<Plugins>> open(const std::string& store_folder,
                                               const PluginsSettings& settings, const Clock& clock);
  const std::vector<std::string>& problems() const noexcept { return store_.problems(); }
  void change_settings(const PluginsSettings& settings);

  // Takes what check_library() found (check 6): loads the library, compares its functions with the
  // probe's listing, writes the index. The first version of a name becomes its default, others with
  // auto_activate and from the folder. The same bytes again are `unchanged`; other bytes under a version that is
  // there are VERSION_EXISTS, or with allow_replace its next generation.
  Arrival admit(const CheckOutcome& outcome, const LibraryOrigin& origin);
  // Whether the file's bytes are known already, so that they need no check.
  bool knows(std::string_view sha256) const;
  std::vector<std::string> known() const;

  // The version a definition means: the highest activated one in the range, or the exact bytes. Loads it if
  // need be. not_found with what there is; exhausted for TOO_MANY_GENERATIONS; internal when it cannot be
  // loaded any more.
  Result<PinnedLibrary> pin(std::string_view name, const VersionRange& range);
  // The same, and holds it for the pipeline until release(): it cannot be deleted.
  Result<PinnedLibrary> use(std::string_view name, const VersionRange& range,
                            const PluginUser& user);
  // Whether there is any version of the name; the names there are, sorted.
  bool has(std::string_view name) const;
  std::vector<std::string> names() const;
  // The pipeline uses this version no more.
  void release(std::string_view pipeline, std::string_view sha256);
  // The version that use() would give, without loading or holding it.
  std::optional<StoredLibrary> resolve(std::string_view name, const VersionRange& range) const;

  // Makes a version the default of its name, and the one its range means: higher activated patches of the
  // same minor step back, so that an older version is the way back. not_found, or those of use().
  Result<Activation> activate(std::string_view name, const Version& version);
  // It failed while it ran: it takes part in no range any more, until somebody activates it.
  Status reject(std::string_view name, const Version& version, std::string_view why);
  // Forgets a version and its copy. not_found; wrong_state with the field `problem`: PLUGIN_IN_USE or
  // VERSION_ACTIVE (the default while there are others).
  Status remove(std::string_view name, const Version& version);

  std::shared_ptr<const PluginsView> view() const;

 private:
  struct Entry {
    StoredLibrary stored;
    std::shared_ptr<const Library> loaded;
    std::optional<WallTime> loaded_at;
    std::vector<PluginUser> users;
    bool was_default = false;  // in this process
  };

  Plugins(Store store, const PluginsSettings& settings, const Clock& clock);
  // All below: the lock is held.
  bool holds(std::string_view sha256) const noexcept;
  Result<Entry*> loaded(std::string_view name, const VersionRange& range);
  Arrival refused(Arrival arrival, const LibraryOrigin& origin, const Refusal& refusal);
  void note_refusal(const std::string& file, const Refusal& refusal);
  std::optional<Refusal> load(Entry& entry);
  Arrival add(Entry entry, Entry* same, Arrival arrival);
  void make_default(Entry& entry);
  Status save();
  std::vector<StoredLibrary> remembered() const;
  void go_back_to(const std::vector<StoredLibrary>& before);
  Entry* find(std::string_view name, const Version& version) noexcept;
  const Entry* find_in_range(std::string_view name, const VersionRange& range) const noexcept;
  VersionState state_of(const Entry& entry) const noexcept;
  Status missing(std::string_view name, const VersionRange& range) const;

  mutable std::mutex mutex_;
  Store store_;
  PluginsSettings settings_;
  const Clock& clock_;
  std::deque<Entry> entries_;  // in the order they came
  std::deque<RefusedView> refused_;
  std::size_t loaded_ = 0;  // for the life of the process: nothing is unloaded
};

}  // namespace leat::plugin
