#include "state/checkpoint_folder.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "base/faults.h"
#include "base/file.h"
#include "base/log.h"
#include "json/parse.h"
#include "json/write.h"
#include "state/folder.h"

namespace leat::state {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileBytesMax = 16 << 20;
constexpr mode_t kFileMode = 0600;
constexpr const char* kAbout = "/checkpoint.json";
constexpr const char* kManifest = "/manifest.json";
constexpr std::string_view kIdPrefix = "ckpt-";

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
  const Result<std::string> text = base::read_file(path, kFileBytesMax);
  if (!text.ok()) return text.status();
  json::ParseOptions options;
  options.bytes_max = kFileBytesMax;
  const json::Parsed parsed = json::parse(*text, options);
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

Store::Checkpoint unreadable(const std::string& id, const Status& why) {
  Store::Checkpoint about;
  about.id = id;
  about.damage = why.message();
  const std::string_view digits =
      std::string_view(id).substr(std::min(kIdPrefix.size(), id.size()));
  std::uint64_t epoch = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), epoch);
  if (read.ec == std::errc() && id.starts_with(kIdPrefix)) about.epoch = EpochId(epoch);
  return about;
}

Status unknown(const std::string& id) {
  return Status(Code::not_found, "there is no such checkpoint").with("id", id);
}

// An id is one name of a folder, whoever asks for it.
bool is_id(const std::string& id) {
  return !id.empty() && id.front() != '.' && id.find('/') == std::string::npos &&
         !id.ends_with(CheckpointFolder::kUnfinished);
}

}  // namespace

Result<std::vector<Store::Checkpoint>> CheckpointFolder::list() const {
  std::vector<Store::Checkpoint> all;
  if (!path_exists(place_)) return all;
  std::error_code error;
  for (fs::directory_iterator entry(place_, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().string().ends_with(kUnfinished)) continue;
    Result<Store::Checkpoint> about = read_about(entry->path().string() + kAbout);
    const std::string id = entry->path().filename().string();
    if (about.ok() && about->id != id)
      about = Status(Code::data_loss, "a checkpoint's description is that of another");
    if (!about.ok()) {
      log::warn("state", "a checkpoint cannot be read",
                {{"checkpoint", id}, {"error", about.status().to_string()}});
      about = unreadable(id, about.status());
    }
    all.push_back(*std::move(about));
  }
  if (error) return path_failure("checkpoints cannot be listed", error, place_);
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.epoch < b.epoch; });
  return all;
}

Result<Store::Checkpoint> CheckpointFolder::find(const std::string& id) const {
  if (!is_id(id) || !path_exists(path_of(id))) return unknown(id);
  return read_about(path_of(id) + kAbout);
}

Result<Manifest> CheckpointFolder::manifest_of(const std::string& id) const {
  if (!is_id(id) || !path_exists(path_of(id))) return unknown(id);
  const Result<std::string> text = base::read_file(path_of(id) + kManifest, kFileBytesMax);
  if (!text.ok() && text.status().code() == Code::not_found)
    return Status(Code::data_loss, "a checkpoint has lost its manifest").with("path", path_of(id));
  if (!text.ok()) return text.status();
  Result<Manifest> manifest = read_manifest(*text);
  if (!manifest.ok()) return manifest.status().with("path", path_of(id));
  return manifest;
}

// Renamed first, so that no half of one is ever listed.
Status CheckpointFolder::remove(const std::string& id) const {
  if (!is_id(id) || !path_exists(path_of(id))) return unknown(id);
  LEAT_RETURN_IF_ERROR(rename_path(path_of(id), unfinished(id)));
  LEAT_RETURN_IF_ERROR(base::Faults::hit("checkpoint.gc"));
  return remove_all(unfinished(id));
}

Status CheckpointFolder::finish(const Store::Checkpoint& about, const Manifest& manifest) const {
  const std::string from = unfinished(about.id);
  LEAT_RETURN_IF_ERROR(base::write_file(from + kManifest, write_manifest(manifest), kFileMode));
  LEAT_RETURN_IF_ERROR(base::write_file(from + kAbout, write_about(about), kFileMode));
  LEAT_RETURN_IF_ERROR(base::Faults::hit("checkpoint.manifest"));
  LEAT_RETURN_IF_ERROR(rename_path(from, path_of(about.id)));
  LEAT_RETURN_IF_ERROR(sync_path(place_));
  return base::Faults::hit("checkpoint.rename");
}

Status CheckpointFolder::clean() const {
  LEAT_RETURN_IF_ERROR(make_folder(place_));
  std::error_code error;
  std::vector<std::string> unfinished;
  for (fs::directory_iterator entry(place_, error), end; !error && entry != end;
       entry.increment(error))
    if (entry->path().string().ends_with(kUnfinished)) unfinished.push_back(entry->path().string());
  for (const std::string& path : unfinished) LEAT_RETURN_IF_ERROR(remove_all(path));
  return error ? path_failure("checkpoints cannot be listed", error, place_) : Status();
}

}  // namespace leat::state
