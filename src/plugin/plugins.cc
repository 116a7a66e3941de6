#include "plugin/plugins.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/log.h"

namespace leat::plugin {
namespace {

constexpr std::array<std::string_view, 4> kStates{"available", "active", "retired", "rejected"};

Status coded(Code code, std::string message, std::string_view name) {
  return Status(code, std::move(message)).with("problem", name);
}

}  // namespace

std::string_view to_string(VersionState state) noexcept {
  return kStates[static_cast<std::size_t>(state)];
}

const PluginView* PluginsView::find(std::string_view name) const noexcept {
  const auto found = std::find_if(plugins.begin(), plugins.end(),
                                  [name](const PluginView& plugin) { return plugin.name == name; });
  return found == plugins.end() ? nullptr : &*found;
}

Plugins::Plugins(Store store, const PluginsSettings& settings, const Clock& clock)
    : store_(std::move(store)), settings_(settings), clock_(clock) {
  for (const StoredLibrary& library : store_.libraries())
    entries_.push_back({library, {}, {}, {}, false});
}

Result<std::unique_ptr<Plugins>> Plugins::open(const std::string& store_folder,
                                               const PluginsSettings& settings,
                                               const Clock& clock) {
  Result<Store> store = Store::open(store_folder);
  if (!store.ok()) return store.status();
  for (const std::string& problem : store->problems()) log::error("plugin", problem);
  return std::unique_ptr<Plugins>(new Plugins(std::move(store).value(), settings, clock));
}

void Plugins::change_settings(const PluginsSettings& settings) {
  const std::lock_guard lock(mutex_);
  settings_ = settings;
}

bool Plugins::knows(std::string_view sha256) const {
  const std::lock_guard lock(mutex_);
  return holds(sha256);
}

bool Plugins::has(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(entries_.begin(), entries_.end(),
                     [name](const Entry& entry) { return entry.stored.identity.name == name; });
}

std::vector<std::string> Plugins::names() const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> names;
  for (const Entry& entry : entries_) names.insert(entry.stored.identity.name);
  return {names.begin(), names.end()};
}

bool Plugins::holds(std::string_view sha256) const noexcept {
  return std::any_of(entries_.begin(), entries_.end(), [sha256](const Entry& entry) {
    return entry.stored.sha256 == sha256 && !entry.stored.functions.empty();
  });
}

std::vector<std::string> Plugins::known() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> digests;
  for (const Entry& entry : entries_)
    if (!entry.stored.functions.empty()) digests.push_back(entry.stored.sha256);
  return digests;
}

void Plugins::note_refusal(const std::string& file, const Refusal& refusal) {
  refused_.push_front({file, refusal, clock_.wall_now()});
  if (refused_.size() > kRefusedMax) refused_.pop_back();
  log::warn("plugin", "a plugin is refused: " + refusal.message,
            {{"file", file}, {"code", to_string(refusal.code)}});
}

Arrival Plugins::refused(Arrival arrival, const LibraryOrigin& origin, const Refusal& refusal) {
  arrival.kind = Arrival::Kind::refused;
  arrival.refusals.push_back(refusal);
  const std::string what =
      arrival.version ? arrival.name + " " + to_string(*arrival.version) : std::string("upload");
  note_refusal(origin.file.empty() ? what : origin.file, refusal);
  return arrival;
}

Arrival Plugins::admit(const CheckOutcome& outcome, const LibraryOrigin& origin) {
  const std::lock_guard lock(mutex_);
  Arrival arrival;
  if (outcome.identity) {
    arrival.name = outcome.identity->name;
    arrival.version = outcome.identity->version;
  }
  // What was said of an earlier file of this name does not count any more.
  std::erase_if(refused_, [&](const RefusedView& old) { return old.file == origin.file; });
  if (!outcome.ok()) {
    for (const Refusal& refusal : outcome.refusals) arrival = refused(arrival, origin, refusal);
    return arrival;
  }
  const CheckedLibrary& checked = *outcome.library;
  arrival.sha256 = checked.sha256;
  if (holds(checked.sha256)) {
    arrival.kind = Arrival::Kind::unchanged;
    return arrival;
  }
  if (checked.functions.empty())
    return refused(arrival, origin,
                   {RefusalCode::store_failed, "it was deleted while it was looked at: try again"});
  // Of a copy that was found again only what the check tells is missing.
  std::erase_if(entries_,
                [&](const Entry& entry) { return entry.stored.sha256 == checked.sha256; });
  Entry* const same = find(checked.identity.name, checked.identity.version);
  if (same != nullptr && !settings_.allow_replace)
    return refused(arrival, origin,
                   {RefusalCode::version_exists,
                    checked.identity.name + " " + to_string(checked.identity.version) +
                        " is there with other bytes: give the library a new version, or set "
                        "plugins.allow_replace"});
  if (entries_.size() >= kVersionsMax)
    return refused(arrival, origin,
                   {RefusalCode::store_failed, "there are too many versions: delete some"});
  Entry entry;
  entry.stored.sha256 = checked.sha256;
  entry.stored.identity = checked.identity;
  entry.stored.bytes = checked.bytes;
  entry.stored.origin = origin;
  entry.stored.stored_at = clock_.wall_now();
  entry.stored.functions = checked.functions;
  if (auto refusal = load(entry)) return refused(arrival, origin, *refusal);
  return add(std::move(entry), same, std::move(arrival));
}

Arrival Plugins::add(Entry entry, Entry* same, Arrival arrival) {
  const std::vector<StoredLibrary> before = remembered();
  const LibraryOrigin origin = entry.stored.origin;
  bool first = true;
  for (const Entry& other : entries_) {
    if (other.stored.identity.name != arrival.name) continue;
    first = false;
    entry.stored.generation = std::max(entry.stored.generation, other.stored.generation + 1);
  }
  if (same != nullptr) {
    entry.stored.activated = std::exchange(same->stored.activated, false);
    entry.stored.is_default = std::exchange(same->stored.is_default, false);
    same->stored.superseded = true;
  }
  entries_.push_back(std::move(entry));
  if (first || (settings_.auto_activate && origin.from == "folder")) {
    make_default(entries_.back());
    arrival.activated = true;
  }
  if (const Status saved = save(); !saved.ok()) {
    entries_.pop_back();
    go_back_to(before);
    arrival.activated = false;
    return refused(std::move(arrival), origin, {RefusalCode::store_failed, saved.to_string()});
  }
  arrival.kind = Arrival::Kind::added;
  log::info("plugin", "a plugin is there",
            {{"plugin", arrival.name}, {"version", to_string(*arrival.version)}});
  return arrival;
}

std::optional<Refusal> Plugins::load(Entry& entry) {
  if (entry.loaded) return {};
  if (loaded_ >= settings_.generations_max)
    return Refusal{RefusalCode::too_many_generations,
                   std::to_string(loaded_) +
                       " libraries were loaded since the start (plugins.generations_max): restart "
                       "the daemon"};
  auto library =
      Library::load(Store::path(store_.folder(), entry.stored.sha256), entry.stored.identity);
  // What ran its constructors is mapped for good, whatever came of it.
  if (library.ok() || library.refusal().code != RefusalCode::load_failed) ++loaded_;
  if (!library.ok()) return library.refusal();
  if ((*library)->infos() != entry.stored.functions)
    return Refusal{RefusalCode::listing_differs,
                   "it adds other functions here than it did in the probe"};
  entry.loaded = *std::move(library);
  entry.loaded_at = clock_.wall_now();
  return {};
}

void Plugins::make_default(Entry& entry) {
  const Identity& identity = entry.stored.identity;
  for (Entry& other : entries_) {
    if (other.stored.identity.name != identity.name) continue;
    other.stored.is_default = false;
    const Version& version = other.stored.identity.version;
    if (version.major == identity.version.major && version.minor == identity.version.minor &&
        version > identity.version)
      other.stored.activated = false;
  }
  entry.stored.activated = true;
  entry.stored.is_default = true;
  entry.stored.rejected.clear();
  entry.was_default = true;
}

std::vector<StoredLibrary> Plugins::remembered() const {
  std::vector<StoredLibrary> libraries;
  for (const Entry& entry : entries_) libraries.push_back(entry.stored);
  return libraries;
}

// What could not be written does not count.
void Plugins::go_back_to(const std::vector<StoredLibrary>& before) {
  for (std::size_t i = 0; i < before.size(); ++i) entries_[i].stored = before[i];
}

Status Plugins::save() { return store_.save(remembered()); }

Plugins::Entry* Plugins::find(std::string_view name, const Version& version) noexcept {
  for (Entry& entry : entries_)
    if (entry.stored.identity.name == name && entry.stored.identity.version == version &&
        !entry.stored.superseded)
      return &entry;
  return nullptr;
}

const Plugins::Entry* Plugins::find_in_range(std::string_view name,
                                             const VersionRange& range) const noexcept {
  const Entry* best = nullptr;
  for (const Entry& entry : entries_) {
    const StoredLibrary& stored = entry.stored;
    if (stored.identity.name != name || !range.takes(stored.identity.version, stored.sha256))
      continue;
    if (range.by_content()) return &entry;
    // An exact version needs no activation; a range means what somebody activated.
    if (stored.superseded || !stored.rejected.empty() || (!range.exact && !stored.activated))
      continue;
    if (best == nullptr || stored.identity.version > best->stored.identity.version) best = &entry;
  }
  return best;
}

std::optional<StoredLibrary> Plugins::resolve(std::string_view name,
                                              const VersionRange& range) const {
  const std::lock_guard lock(mutex_);
  const Entry* entry = find_in_range(name, range);
  return entry == nullptr ? std::nullopt : std::optional(entry->stored);
}

Status Plugins::missing(std::string_view name, const VersionRange& range) const {
  std::string there;
  for (const Entry& entry : entries_)
    if (entry.stored.identity.name == name && !entry.stored.superseded)
      there += (there.empty() ? "" : ", ") + to_string(entry.stored.identity.version) +
               (entry.stored.rejected.empty() ? entry.stored.activated ? "" : " (not activated)"
                                              : " (rejected)");
  return Status(Code::not_found, "there is no " + to_string(range) + " of the plugin " +
                                     std::string(name) +
                                     (there.empty() ? "" : "; there is " + there))
      .with("problem", "PLUGIN_NOT_FOUND");
}

Result<Plugins::Entry*> Plugins::loaded(std::string_view name, const VersionRange& range) {
  auto* entry = const_cast<Entry*>(find_in_range(name, range));
  if (entry == nullptr) return missing(name, range);
  if (auto refusal = load(*entry))
    return coded(
        refusal->code == RefusalCode::too_many_generations ? Code::exhausted : Code::internal,
        refusal->message, to_string(refusal->code));
  return entry;
}

Result<PinnedLibrary> Plugins::pin(std::string_view name, const VersionRange& range) {
  const std::lock_guard lock(mutex_);
  const Result<Entry*> entry = loaded(name, range);
  if (!entry.ok()) return entry.status();
  const StoredLibrary& stored = (*entry)->stored;
  return PinnedLibrary{(*entry)->loaded, stored.sha256, stored.identity.version};
}

Result<PinnedLibrary> Plugins::use(std::string_view name, const VersionRange& range,
                                   const PluginUser& user) {
  const std::lock_guard lock(mutex_);
  const Result<Entry*> entry = loaded(name, range);
  if (!entry.ok()) return entry.status();
  std::vector<PluginUser>& users = (*entry)->users;
  std::erase_if(users, [&user](const PluginUser& old) { return old.pipeline == user.pipeline; });
  users.push_back(user);
  const StoredLibrary& stored = (*entry)->stored;
  return PinnedLibrary{(*entry)->loaded, stored.sha256, stored.identity.version};
}

void Plugins::release(std::string_view pipeline, std::string_view sha256) {
  const std::lock_guard lock(mutex_);
  for (Entry& entry : entries_)
    if (entry.stored.sha256 == sha256)
      std::erase_if(entry.users,
                    [pipeline](const PluginUser& user) { return user.pipeline == pipeline; });
}

Result<Activation> Plugins::activate(std::string_view name, const Version& version) {
  const std::lock_guard lock(mutex_);
  Entry* const entry = find(name, version);
  if (entry == nullptr) return missing(name, {version, true, {}});
  if (auto refusal = load(*entry))
    return coded(
        refusal->code == RefusalCode::too_many_generations ? Code::exhausted : Code::internal,
        refusal->message, to_string(refusal->code));
  Activation activation{{}, version};
  for (const Entry& other : entries_)
    if (other.stored.identity.name == name && other.stored.is_default)
      activation.from = other.stored.identity.version;
  const std::vector<StoredLibrary> before = remembered();
  make_default(*entry);
  Status saved = save();
  if (saved.ok()) return activation;
  go_back_to(before);
  return saved;
}

Status Plugins::reject(std::string_view name, const Version& version, std::string_view why) {
  const std::lock_guard lock(mutex_);
  Entry* const entry = find(name, version);
  if (entry == nullptr) return missing(name, {version, true, {}});
  entry->stored.activated = false;
  entry->stored.is_default = false;
  entry->stored.rejected = why.empty() ? "it failed" : std::string(why);
  return save();
}

Status Plugins::remove(std::string_view name, const Version& version) {
  const std::lock_guard lock(mutex_);
  Entry* const entry = find(name, version);
  if (entry == nullptr) return missing(name, {version, true, {}});
  if (!entry->users.empty())
    return coded(Code::wrong_state, "a pipeline uses this version", "PLUGIN_IN_USE")
        .with("pipeline", entry->users.front().pipeline);
  const bool others = std::any_of(entries_.begin(), entries_.end(), [&](const Entry& other) {
    return &other != entry && other.stored.identity.name == name && !other.stored.superseded;
  });
  if (entry->stored.is_default && others)
    return coded(Code::wrong_state, "this version is the default: activate another one first",
                 "VERSION_ACTIVE");
  const std::string sha256 = entry->stored.sha256;
  std::erase_if(entries_, [&](const Entry& other) { return other.stored.sha256 == sha256; });
  LEAT_RETURN_IF_ERROR(save());
  return store_.remove(sha256);
}

VersionState Plugins::state_of(const Entry& entry) const noexcept {
  if (!entry.stored.rejected.empty()) return VersionState::rejected;
  if (entry.stored.is_default) return VersionState::active;
  const bool had_its_time = entry.was_default || entry.stored.superseded || entry.stored.activated;
  return entry.loaded && had_its_time ? VersionState::retired : VersionState::available;
}

std::shared_ptr<const PluginsView> Plugins::view() const {
  const std::lock_guard lock(mutex_);
  auto view = std::make_shared<PluginsView>();
  for (const Entry& entry : entries_) {
    const std::string& name = entry.stored.identity.name;
    auto plugin = std::find_if(view->plugins.begin(), view->plugins.end(),
                               [&name](const PluginView& other) { return other.name >= name; });
    if (plugin == view->plugins.end() || plugin->name != name)
      plugin = view->plugins.insert(plugin, PluginView{name, {}, {}});
    if (entry.stored.is_default) plugin->default_version = entry.stored.identity.version;
    plugin->versions.push_back({entry.stored, state_of(entry), entry.loaded_at, entry.users});
  }
  for (PluginView& plugin : view->plugins)
    std::stable_sort(plugin.versions.begin(), plugin.versions.end(),
                     [](const VersionView& a, const VersionView& b) {
                       const auto key = [](const VersionView& version) {
                         return std::pair(version.library.identity.version,
                                          version.library.generation);
                       };
                       return key(a) > key(b);
                     });
  view->refused.assign(refused_.begin(), refused_.end());
  view->loaded = loaded_;
  view->generations_max = settings_.generations_max;
  return view;
}

}  // namespace leat::plugin
