#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/faults.h"
#include "base/file.h"
#include "state/checkpoint_folder.h"
#include "state/file_changelog.h"
#include "state/folder.h"
#include "state/home.h"
#include "state/rocks_backing.h"

namespace leat::state {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kManifestBytesMax = 1 << 20;
constexpr mode_t kFileMode = 0600;
constexpr const char* kCheckpoints = "checkpoints";

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
    LEAT_RETURN_IF_ERROR(sync_path(target.string()));
  }
  if (error) return path_failure("a checkpoint cannot be copied", error, from);
  return sync_path(to);
}

Status check_owner(const Manifest& manifest, const Store::Options& options) {
  if (manifest.pipeline != options.pipeline) {
    return Status(Code::wrong_state,
                  "this folder holds the state of another pipeline, `" + manifest.pipeline +
                      "`; give this one a folder of its own, or remove that state")
        .with("path", options.folder)
        .with("pipeline", options.pipeline);
  }
  if (manifest.key_groups != options.key_groups) {
    return Status(
               Code::wrong_state,
               "this state was written by a build with another number of key groups, which cannot "
               "be changed: run that build, or discard the state")
        .with("path", options.folder)
        .with("key_groups", std::to_string(manifest.key_groups))
        .with("wanted", std::to_string(options.key_groups));
  }
  return {};
}

constexpr const char* kCopy = "/db.new";  // of a checkpoint that becomes the database

// Of what happened to the copy of a checkpoint: what is wrong is the checkpoint.
Status about_checkpoint(const Status& status, const std::string& copy, const std::string& place) {
  const auto placed = [&](std::string text) {
    for (std::size_t at = 0; (at = text.find(copy, at)) != std::string::npos; at += place.size())
      text.replace(at, copy.size(), place);
    return text;
  };
  const Code code = status.code() == Code::not_found ? Code::data_loss : status.code();
  Status told(code, placed(status.message()));
  for (const auto& [key, value] : status.fields()) told = std::move(told).with(key, placed(value));
  return told;
}

// Reads a copied database whole, and makes `as` its epoch when there is one.
Status read_copy(const std::string& folder, const Store::Options& options,
                 std::optional<EpochId> as) {
  RocksBacking copied(folder, options);
  LEAT_RETURN_IF_ERROR(copied.open(false));
  LEAT_RETURN_IF_ERROR(copied.verify());
  if (as) LEAT_RETURN_IF_ERROR(copied.apply(*as, {}));
  if (as) LEAT_RETURN_IF_ERROR(copied.flush());
  copied.close();
  return {};
}

// Links the database of a checkpoint to `kCopy` and reads it; when it is not sound, nothing is left of
// it.
Result<Manifest> copy_checkpoint(const Store::Options& options, const std::string& id,
                                 std::optional<EpochId> as) {
  const CheckpointFolder checkpoints(options.folder + "/" + kCheckpoints);
  Result<Manifest> manifest = checkpoints.manifest_of(id);
  if (!manifest.ok()) return manifest;
  LEAT_RETURN_IF_ERROR(check_owner(*manifest, options));
  const std::string place = checkpoints.path_of(id) + "/db";
  const std::string copy = options.folder + kCopy;
  LEAT_RETURN_IF_ERROR(remove_all(copy));
  Status sound = path_exists(place) ? copy_database(place, copy)
                                    : Status(Code::data_loss, "a checkpoint has lost its database");
  if (sound.ok()) sound = read_copy(copy, options, as);
  if (sound.ok()) return manifest;
  LEAT_RETURN_IF_ERROR(remove_all(copy));
  return about_checkpoint(sound, copy, place);
}

class DiskHome final : public Home {
 public:
  explicit DiskHome(const Store::Options& options)
      : options_(options),
        checkpoints_(options.folder + "/" + kCheckpoints),
        backing_(options.folder + "/db", options) {}

  // Puts back what an interrupted restore left, empties what is to be emptied, and opens the rest.
  Status open(bool has_manifest, bool cleared) {
    if (!path_exists(in("db")) && path_exists(in("db.old")))
      LEAT_RETURN_IF_ERROR(rename_path(in("db.old"), in("db")));
    LEAT_RETURN_IF_ERROR(remove_all(in("db.old")));
    LEAT_RETURN_IF_ERROR(remove_all(in("db.new")));
    if (cleared) {
      LEAT_RETURN_IF_ERROR(remove_all(in("db")));
      LEAT_RETURN_IF_ERROR(remove_all(in("changelog")));
    }
    LEAT_RETURN_IF_ERROR(checkpoints_.clean());
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
    const std::string place = checkpoints_.unfinished(about.id);
    LEAT_RETURN_IF_ERROR(remove_all(place));
    LEAT_RETURN_IF_ERROR(make_folder(place));
    LEAT_RETURN_IF_ERROR(backing_.copy_to(place + "/db"));
    LEAT_RETURN_IF_ERROR(base::Faults::hit("checkpoint.files"));
    about.bytes = bytes_in(place + "/db");
    LEAT_RETURN_IF_ERROR(checkpoints_.finish(about, manifest));
    return about;
  }
  Result<std::vector<Store::Checkpoint>> kept() const override { return checkpoints_.list(); }
  Status remove_kept(const std::string& id) override { return checkpoints_.remove(id); }

  // The copy is checked and counted before anything that is there changes.
  Result<Manifest> bring_back(const std::string& id, EpochId as) override {
    Result<Manifest> manifest = copy_checkpoint(options_, id, as);
    if (!manifest.ok()) return manifest;
    LEAT_RETURN_IF_ERROR(base::Faults::hit("restore.copied"));
    backing_.close();
    LEAT_RETURN_IF_ERROR(rename_path(in("db"), in("db.old")));
    LEAT_RETURN_IF_ERROR(rename_path(in("db.new"), in("db")));
    LEAT_RETURN_IF_ERROR(sync_path(options_.folder));
    LEAT_RETURN_IF_ERROR(base::Faults::hit("restore.swapped"));
    LEAT_RETURN_IF_ERROR(backing_.open(false));
    LEAT_RETURN_IF_ERROR(changelog_->drop_beyond(EpochId()));
    LEAT_RETURN_IF_ERROR(remove_all(in("db.old")));
    return manifest;
  }

 private:
  std::string in(std::string_view name) const { return options_.folder + "/" + std::string(name); }

  const Store::Options options_;
  const CheckpointFolder checkpoints_;
  RocksBacking backing_;
  std::unique_ptr<FileChangelog> changelog_;
};

}  // namespace

Result<std::vector<Store::Checkpoint>> kept_checkpoints(const std::string& folder) {
  return CheckpointFolder(folder + "/" + kCheckpoints).list();
}

Status remove_checkpoint(const std::string& folder, const std::string& id) {
  return CheckpointFolder(folder + "/" + kCheckpoints).remove(id);
}

Status check_checkpoint(const Store::Options& options, const std::string& id) {
  const Result<Manifest> copied = copy_checkpoint(options, id, std::nullopt);
  LEAT_RETURN_IF_ERROR(remove_all(options.folder + kCopy));
  return copied.status();
}

Status discard_state(const std::string& folder) {
  const Result<std::vector<Store::Checkpoint>> kept = kept_checkpoints(folder);
  if (!kept.ok() || kept->empty()) return remove_all(folder);
  std::error_code error;
  std::vector<std::string> paths;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error))
    if (entry->path().filename() != kCheckpoints) paths.push_back(entry->path().string());
  for (const std::string& path : paths) LEAT_RETURN_IF_ERROR(remove_all(path));
  return error ? path_failure("the state cannot be removed", error, folder) : Status();
}

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
