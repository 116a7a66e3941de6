#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/faults.h"
#include "base/file.h"
#include "json/parse.h"
#include "json/write.h"
#include "state/file_changelog.h"
#include "state/home.h"
#include "state/rocks_backing.h"

namespace leat::state {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kManifestBytesMax = 1 << 20;
constexpr mode_t kFileMode = 0600;
constexpr std::string_view kUnfinished = ".unfinished";

Status failed(std::string_view what, const std::error_code& error, const std::string& path) {
  Code code = Code::unavailable;
  if (error == std::errc::no_space_on_device || error == std::errc::file_too_large)
    code = Code::exhausted;
  if (error == std::errc::permission_denied || error == std::errc::operation_not_permitted ||
      error == std::errc::read_only_file_system)
    code = Code::permission_denied;
  return Status(code, std::string(what) + ": " + error.message()).with("path", path);
}

Status make_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) fs::permissions(path, fs::perms::owner_all, error);
  return error ? failed("no folder can be made", error, path) : Status();
}

Status remove_all(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  return error ? failed("a folder cannot be removed", error, path) : Status();
}

Status rename(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::rename(from, to, error);
  return error ? failed("a folder cannot be renamed", error, from) : Status();
}

bool exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

Status sync(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const std::error_code error(errno, std::generic_category());
  if (fd >= 0) ::close(fd);
  return synced ? Status() : failed("it cannot be synced", error, path);
}

std::uint64_t bytes_in(const std::string& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error))
    if (entry->is_regular_file(error)) bytes += entry->file_size(error);
  return bytes;
}

// Table files never change and are linked; the others are copied.
Status copy_database(const std::string& from, const std::string& to) {
  LEAT_RETURN_IF_ERROR(make_folder(to));
  std::error_code error;
  for (fs::directory_iterator entry(from, error), end; !error && entry != end;
       entry.increment(error)) {
    const fs::path target = fs::path(to) / entry->path().filename();
    if (entry->path().extension() == ".sst") {
      fs::create_hard_link(entry->path(), target, error);
      if (error) break;
      continue;
    }
    fs::copy_file(entry->path(), target, error);
    if (error) break;
    LEAT_RETURN_IF_ERROR(sync(target.string()));
  }
  if (error) return failed("a checkpoint cannot be copied", error, from);
  return sync(to);
}

std::string write_about(const Store::Checkpoint& about) {
  json::Writer writer;
  writer.begin_object()
      .member("id", about.id)
      .member("name", about.name)
      .member("epoch", about.epoch.value())
      .member("bytes", about.bytes)
      .member("metadata", about.metadata)
      .end_object();
  return writer.take() + "\n";
}

Result<Store::Checkpoint> read_about(const std::string& path) {
  const Result<std::string> text = base::read_file(path, kManifestBytesMax);
  if (!text.ok()) return text.status();
  const json::Parsed parsed = json::parse(*text);
  const auto member = [&](std::string_view name) {
    return parsed.ok() ? parsed.root().find(name) : nullptr;
  };
  const auto texts = [&](std::string_view name, std::string& out) {
    const std::string* found = member(name) == nullptr ? nullptr : member(name)->as_string();
    if (found != nullptr) out = *found;
    return found != nullptr;
  };
  const auto number = [&](std::string_view name) {
    return member(name) == nullptr ? std::nullopt : member(name)->as_integer<std::uint64_t>();
  };
  Store::Checkpoint about;
  const auto epoch = number("epoch");
  const auto bytes = number("bytes");
  if (!texts("id", about.id) || !texts("name", about.name) || !texts("metadata", about.metadata) ||
      !epoch || !bytes)
    return Status(Code::data_loss, "a checkpoint's description cannot be read").with("path", path);
  about.epoch = EpochId(*epoch);
  about.bytes = *bytes;
  return about;
}

class DiskHome final : public Home {
 public:
  explicit DiskHome(const Store::Options& options)
      : options_(options), backing_(options.folder + "/db", options) {}

  // Puts back what an interrupted restore left, empties what is to be emptied, and opens the rest.
  Status open(bool has_manifest, bool cleared) {
    if (!exists(in("db")) && exists(in("db.old")))
      LEAT_RETURN_IF_ERROR(rename(in("db.old"), in("db")));
    LEAT_RETURN_IF_ERROR(remove_all(in("db.old")));
    LEAT_RETURN_IF_ERROR(remove_all(in("db.new")));
    if (cleared) {
      LEAT_RETURN_IF_ERROR(remove_all(in("db")));
      LEAT_RETURN_IF_ERROR(remove_all(in("changelog")));
    }
    LEAT_RETURN_IF_ERROR(make_folder(in("checkpoints")));
    LEAT_RETURN_IF_ERROR(collect_unfinished());
    Result<std::unique_ptr<FileChangelog>> changelog = FileChangelog::open(
        in("changelog"), std::max<std::size_t>(options_.changelog_bytes_max / 4, 1));
    if (!changelog.ok()) return changelog.status();
    changelog_ = *std::move(changelog);
    return backing_.open(!has_manifest || cleared);
  }
  bool empty() const { return backing_.epoch().value() == 0 && changelog_->records().empty(); }

  Backing& backing() noexcept override { return backing_; }
  Changelog& changelog() noexcept override { return *changelog_; }
  Status save(const Manifest& manifest) override {
    return base::write_file(in("manifest.json"), write_manifest(manifest), kFileMode);
  }

  Status clear() override {
    backing_.close();
    LEAT_RETURN_IF_ERROR(remove_all(in("db")));
    LEAT_RETURN_IF_ERROR(changelog_->drop_beyond(EpochId()));
    return backing_.open(true);
  }

  Result<Store::Checkpoint> keep(Store::Checkpoint about, const Manifest& manifest) override {
    const std::string final_place = copy_of(about.id);
    const std::string place = final_place + std::string(kUnfinished);
    LEAT_RETURN_IF_ERROR(remove_all(place));
    LEAT_RETURN_IF_ERROR(make_folder(place));
    LEAT_RETURN_IF_ERROR(backing_.copy_to(place + "/db"));
    LEAT_RETURN_IF_ERROR(base::Faults::hit("checkpoint.files"));
    about.bytes = bytes_in(place + "/db");
    LEAT_RETURN_IF_ERROR(
        base::write_file(place + "/manifest.json", write_manifest(manifest), kFileMode));
    LEAT_RETURN_IF_ERROR(
        base::write_file(place + "/checkpoint.json", write_about(about), kFileMode));
    LEAT_RETURN_IF_ERROR(base::Faults::hit("checkpoint.manifest"));
    LEAT_RETURN_IF_ERROR(rename(place, final_place));
    LEAT_RETURN_IF_ERROR(sync(in("checkpoints")));
    LEAT_RETURN_IF_ERROR(base::Faults::hit("checkpoint.rename"));
    return about;
  }

  Result<std::vector<Store::Checkpoint>> kept() const override {
    std::vector<Store::Checkpoint> all;
    std::error_code error;
    for (fs::directory_iterator entry(in("checkpoints"), error), end; !error && entry != end;
         entry.increment(error)) {
      if (entry->path().string().ends_with(kUnfinished)) continue;
      Result<Store::Checkpoint> about = read_about(entry->path().string() + "/checkpoint.json");
      if (!about.ok()) return about.status();
      all.push_back(*std::move(about));
    }
    if (error) return failed("checkpoints cannot be listed", error, in("checkpoints"));
    std::sort(all.begin(), all.end(),
              [](const auto& a, const auto& b) { return a.epoch < b.epoch; });
    return all;
  }

  // Renamed first, so that no half of one is ever listed.
  Status remove_kept(const std::string& id) override {
    LEAT_RETURN_IF_ERROR(find_kept(id));
    LEAT_RETURN_IF_ERROR(rename(copy_of(id), copy_of(id) + std::string(kUnfinished)));
    LEAT_RETURN_IF_ERROR(base::Faults::hit("checkpoint.gc"));
    return remove_all(copy_of(id) + std::string(kUnfinished));
  }

  Result<Manifest> bring_back(const std::string& id, EpochId as) override {
    LEAT_RETURN_IF_ERROR(find_kept(id));
    const Result<std::string> text =
        base::read_file(copy_of(id) + "/manifest.json", kManifestBytesMax);
    if (!text.ok()) return text.status();
    Result<Manifest> manifest = read_manifest(*text);
    if (!manifest.ok()) return manifest.status().with("path", copy_of(id));
    LEAT_RETURN_IF_ERROR(remove_all(in("db.new")));
    LEAT_RETURN_IF_ERROR(copy_database(copy_of(id) + "/db", in("db.new")));
    backing_.close();
    LEAT_RETURN_IF_ERROR(rename(in("db"), in("db.old")));
    LEAT_RETURN_IF_ERROR(rename(in("db.new"), in("db")));
    LEAT_RETURN_IF_ERROR(sync(options_.folder));
    LEAT_RETURN_IF_ERROR(base::Faults::hit("restore.swapped"));
    LEAT_RETURN_IF_ERROR(backing_.open(false));
    LEAT_RETURN_IF_ERROR(backing_.apply(as, {}));
    LEAT_RETURN_IF_ERROR(backing_.flush());
    LEAT_RETURN_IF_ERROR(changelog_->drop_beyond(EpochId()));
    LEAT_RETURN_IF_ERROR(remove_all(in("db.old")));
    return manifest;
  }

 private:
  std::string in(std::string_view name) const { return options_.folder + "/" + std::string(name); }
  std::string copy_of(const std::string& id) const { return in("checkpoints/") + id; }

  Status find_kept(const std::string& id) const {
    const Result<std::vector<Store::Checkpoint>> all = kept();
    if (!all.ok()) return all.status();
    if (std::any_of(all->begin(), all->end(), [&](const auto& one) { return one.id == id; }))
      return {};
    return Status(Code::not_found, "there is no such checkpoint").with("id", id);
  }

  Status collect_unfinished() const {
    std::error_code error;
    std::vector<std::string> unfinished;
    for (fs::directory_iterator entry(in("checkpoints"), error), end; !error && entry != end;
         entry.increment(error))
      if (entry->path().string().ends_with(kUnfinished))
        unfinished.push_back(entry->path().string());
    for (const std::string& path : unfinished) LEAT_RETURN_IF_ERROR(remove_all(path));
    return error ? failed("checkpoints cannot be listed", error, in("checkpoints")) : Status();
  }

  const Store::Options options_;
  RocksBacking backing_;
  std::unique_ptr<FileChangelog> changelog_;
};

Status check_owner(const Manifest& manifest, const Store::Options& options) {
  if (manifest.pipeline != options.pipeline) {
    return Status(Code::wrong_state,
                  "this folder holds the state of another pipeline, `" + manifest.pipeline +
                      "`; give this one a folder of its own, or remove that state")
        .with("path", options.folder)
        .with("pipeline", options.pipeline);
  }
  if (manifest.key_groups != options.key_groups) {
    return Status(Code::wrong_state,
                  "this state was written with another number of key groups; set that number, or "
                  "discard the state")
        .with("path", options.folder)
        .with("key_groups", std::to_string(manifest.key_groups))
        .with("wanted", std::to_string(options.key_groups));
  }
  return {};
}

}  // namespace

Result<OpenedHome> open_disk_home(const Store::Options& options) {
  LEAT_RETURN_IF_ERROR(make_folder(options.folder));
  const std::string path = options.folder + "/manifest.json";
  OpenedHome opened;
  const Result<std::string> text = base::read_file(path, kManifestBytesMax);
  if (!text.ok() && text.status().code() != Code::not_found) return text.status();
  if (text.ok()) {
    Result<Manifest> manifest = read_manifest(*text);
    if (!manifest.ok()) return manifest.status().with("path", path);
    opened.manifest = *std::move(manifest);
    LEAT_RETURN_IF_ERROR(check_owner(opened.manifest, options));
  }
  auto home = std::make_unique<DiskHome>(options);
  LEAT_RETURN_IF_ERROR(home->open(text.ok(), opened.manifest.cleared));
  if (!text.ok() && !home->empty()) {
    return Status(
               Code::data_loss,
               "the manifest of the state is missing; put it back, or remove the folder to begin "
               "anew")
        .with("path", path);
  }
  opened.home = std::move(home);
  return opened;
}

}  // namespace leat::state
