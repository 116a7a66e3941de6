#include "runtime/definition_store.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/faults.h"
#include "json/parse.h"
#include "json/write.h"
#include "spec/parse.h"
#include "spec/text.h"

namespace leat::runtime {
namespace {

constexpr std::string_view kSuffix = ".json";

Status failed(std::string_view what, const std::string& path) {
  const int error = errno;
  const Code code = error == ENOSPC || error == EDQUOT ? Code::exhausted : Code::unavailable;
  return Status(code, std::string(what) + ": " + std::strerror(error)).with("path", path);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

Status write_synced(const std::string& path, std::string_view bytes) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (file.get() < 0) return failed("cannot be created", path);
  while (!bytes.empty()) {
    const ssize_t n = ::write(file.get(), bytes.data(), bytes.size());
    if (n < 0) return failed("cannot be written", path);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  LEAT_RETURN_IF_ERROR(base::Faults::hit("config.temp"));
  if (::fsync(file.get()) != 0) return failed("cannot be synced", path);
  return base::Faults::hit("config.synced");
}

Status sync_folder(const std::string& folder) {
  const Descriptor handle(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (handle.get() < 0 || ::fsync(handle.get()) != 0) return failed("cannot be synced", folder);
  return {};
}

std::optional<Desired> desired_from(std::string_view text) {
  for (const Desired desired : {Desired::running, Desired::paused, Desired::stopped})
    if (to_string(desired) == text) return desired;
  return std::nullopt;
}

}  // namespace

std::string to_json(const StoredPipeline& pipeline) {
  json::Writer writer;
  writer.begin_object();
  writer.member("version", 1)
      .member("name", pipeline.name)
      .member("generation", pipeline.generation);
  writer.member("desired", to_string(pipeline.desired))
      .member("created_at_us", pipeline.created_at.us);
  if (pipeline.trigger_override) {
    writer.key("trigger_override");
    spec::write_trigger(writer, *pipeline.trigger_override);
    writer.member("trigger_since_us", pipeline.trigger_since.us);
    writer.member("trigger_by", pipeline.trigger_by);
  }
  writer.member("text", pipeline.text);
  writer.end_object();
  return writer.take();
}

Result<StoredPipeline> parse_stored(std::string_view text) {
  const auto damaged = [](std::string_view why) {
    return Status(Code::data_loss, "a stored definition is damaged: " + std::string(why));
  };
  json::ParseOptions options;
  options.bytes_max = 16 * 1024 * 1024;
  const json::Parsed parsed = json::parse(text, options);
  if (!parsed.ok()) return damaged(parsed.problems().front().message);
  const json::Value& root = parsed.root();
  const auto text_of = [&](std::string_view key) {
    const json::Value* value = root.find(key);
    return value == nullptr ? nullptr : value->as_string();
  };
  const auto number_of = [&](std::string_view key) {
    const json::Value* value = root.find(key);
    return value == nullptr ? std::nullopt : value->as_integer<std::int64_t>();
  };
  const std::string* name = text_of("name");
  const std::string* desired_text = text_of("desired");
  const std::string* definition = text_of("text");
  const auto generation = number_of("generation");
  if (name == nullptr || desired_text == nullptr || definition == nullptr || !generation)
    return damaged("a member is missing");
  const auto desired = desired_from(*desired_text);
  if (!desired) return damaged("unknown desired state");
  StoredPipeline stored;
  stored.name = *name;
  stored.generation = static_cast<std::uint64_t>(*generation);
  stored.desired = *desired;
  stored.created_at = WallTime{number_of("created_at_us").value_or(0)};
  stored.text = *definition;
  if (const json::Value* trigger = root.find("trigger_override")) {
    const spec::TriggerResult read = spec::parse_trigger(*trigger);
    if (!read.ok()) return damaged("the trigger cannot be read");
    stored.trigger_override = read.trigger;
    stored.trigger_since = WallTime{number_of("trigger_since_us").value_or(0)};
    if (const std::string* by = text_of("trigger_by")) stored.trigger_by = *by;
  }
  return stored;
}

Status DefinitionStore::open() {
  if (folder_.empty()) return {};
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error)
    return Status(Code::permission_denied, "the folder cannot be made: " + error.message())
        .with("path", folder_);
  ::chmod(folder_.c_str(), 0700);
  return {};
}

Status DefinitionStore::save(const StoredPipeline& pipeline) {
  if (folder_.empty()) return {};
  const std::string path = folder_ + "/" + pipeline.name + std::string(kSuffix);
  const std::string temporary = path + ".tmp";
  const Status written = write_synced(temporary, to_json(pipeline));
  if (!written.ok()) {
    ::unlink(temporary.c_str());
    return written;
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return failed("cannot be renamed", temporary);
  LEAT_RETURN_IF_ERROR(base::Faults::hit("config.renamed"));
  return sync_folder(folder_);
}

Status DefinitionStore::remove(std::string_view name) {
  if (folder_.empty()) return {};
  const std::string path = folder_ + "/" + std::string(name) + std::string(kSuffix);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed("cannot be removed", path);
  return sync_folder(folder_);
}

Result<DefinitionStore::Loaded> DefinitionStore::load() const {
  Loaded loaded;
  if (folder_.empty()) return loaded;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
    if (entry.path().extension() != kSuffix) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    Result<StoredPipeline> stored = parse_stored(text);
    if (stored.ok()) {
      loaded.pipelines.push_back(*std::move(stored));
    } else {
      loaded.damaged.push_back(stored.status().with("path", entry.path().string()));
    }
  }
  if (error)
    return Status(Code::unavailable, "the folder cannot be read: " + error.message())
        .with("path", folder_);
  std::sort(loaded.pipelines.begin(), loaded.pipelines.end(),
            [](const StoredPipeline& a, const StoredPipeline& b) { return a.name < b.name; });
  return loaded;
}

}  // namespace leat::runtime
