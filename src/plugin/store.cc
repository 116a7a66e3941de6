#include "plugin/store.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include "base/file.h"
#include "crypto/digest.h"
#include "json/parse.h"
#include "json/write.h"
#include "plugin/names.h"

namespace leat::plugin {
namespace {

constexpr std::size_t kCopyBytesMax = std::size_t{1} << 30;
constexpr std::size_t kIndexBytesMax = 64 * 1024 * 1024;
constexpr std::int64_t kIndexForm = 1;
constexpr mode_t kFolderMode = 0700, kCopyMode = 0444, kIndexMode = 0600;

void write_library(json::Writer& out, const StoredLibrary& library) {
  const Identity& identity = library.identity;
  out.begin_object();
  out.member("sha256", library.sha256).member("name", identity.name);
  out.member("version", to_string(identity.version)).member("build", identity.build);
  out.member("abi_major", identity.abi_major).member("abi_minor", identity.abi_minor);
  out.member("min_host_minor", identity.min_host_minor).member("bytes", library.bytes);
  out.member("from", library.origin.from).member("file", library.origin.file);
  out.member("stored_at_us", library.stored_at.us).member("generation", library.generation);
  out.member("activated", library.activated).member("default", library.is_default);
  out.member("superseded", library.superseded).member("rejected", library.rejected);
  out.member_raw("functions", write_listing(library.functions)).end_object();
}

std::string text_of(const json::Value& object, std::string_view key, bool& good) {
  const json::Value* value = object.find(key);
  const std::string* text = value == nullptr ? nullptr : value->as_string();
  good = good && text != nullptr;
  return text == nullptr ? std::string() : *text;
}
template <class T>
T number_of(const json::Value& object, std::string_view key, bool& good) {
  const json::Value* value = object.find(key);
  const auto number = value == nullptr ? std::nullopt : value->as_integer<T>();
  good = good && number.has_value();
  return number.value_or(T{});
}
bool flag_of(const json::Value& object, std::string_view key, bool& good) {
  const json::Value* value = object.find(key);
  const auto flag = value == nullptr ? std::nullopt : value->as_bool();
  good = good && flag.has_value();
  return flag.value_or(false);
}

std::optional<StoredLibrary> library_of(const json::Value& value) {
  bool good = true;
  StoredLibrary library;
  library.sha256 = text_of(value, "sha256", good);
  library.identity.name = text_of(value, "name", good);
  const auto version = parse_version(text_of(value, "version", good));
  library.identity.build = text_of(value, "build", good);
  library.identity.abi_major = number_of<std::uint16_t>(value, "abi_major", good);
  library.identity.abi_minor = number_of<std::uint16_t>(value, "abi_minor", good);
  library.identity.min_host_minor = number_of<std::uint16_t>(value, "min_host_minor", good);
  library.bytes = number_of<std::uint64_t>(value, "bytes", good);
  library.origin = {text_of(value, "from", good), text_of(value, "file", good)};
  library.stored_at.us = number_of<std::int64_t>(value, "stored_at_us", good);
  library.generation = number_of<std::uint32_t>(value, "generation", good);
  library.activated = flag_of(value, "activated", good);
  library.is_default = flag_of(value, "default", good);
  library.superseded = flag_of(value, "superseded", good);
  library.rejected = text_of(value, "rejected", good);
  const json::Value* functions = value.find("functions");
  if (!good || !version || functions == nullptr || !is_sha256(library.sha256) ||
      !is_plugin_name(library.identity.name))
    return {};
  library.identity.version = *version;
  Result<std::vector<FunctionInfo>> read = read_listing(json::to_text(*functions));
  if (!read.ok()) return {};
  library.functions = std::move(read).value();
  return library;
}

std::optional<std::vector<StoredLibrary>> libraries_of(std::string_view text) {
  json::ParseOptions options;
  options.bytes_max = kIndexBytesMax;
  options.values_max = 10'000'000;
  const json::Parsed parsed = json::parse(text, options);
  bool good = parsed.ok() && parsed.root().is_object();
  if (!good || number_of<std::int64_t>(parsed.root(), "form", good) != kIndexForm) return {};
  const json::Value* list = parsed.root().find("libraries");
  if (list == nullptr || !list->is_array()) return {};
  std::vector<StoredLibrary> libraries;
  for (const json::Value& element : list->elements()) {
    auto library = library_of(element);
    if (!library) return {};
    libraries.push_back(*std::move(library));
  }
  return libraries;
}

// The digests that the names of copies in the folder say.
std::vector<std::string> digests_in(const std::string& folder) {
  std::vector<std::string> digests;
  const std::unique_ptr<DIR, int (*)(DIR*)> opened(::opendir(folder.c_str()), ::closedir);
  if (!opened) return digests;
  while (const dirent* entry = ::readdir(opened.get())) {
    const std::string_view name(entry->d_name);
    if (name.size() == 67 && name.ends_with(".so") && is_sha256(name.substr(0, 64)))
      digests.emplace_back(name.substr(0, 64));
  }
  std::sort(digests.begin(), digests.end());
  return digests;
}

Status failed(const char* what, const std::string& path) {
  const Code code = errno == EACCES || errno == EPERM || errno == EROFS ? Code::permission_denied
                                                                        : Code::unavailable;
  return Status(code, std::string(what) + ": " + std::strerror(errno)).with("path", path);
}

}  // namespace

Result<Store> Store::open(const std::string& folder) {
  if (::mkdir(folder.c_str(), kFolderMode) != 0 && errno != EEXIST)
    return failed("the store of plugins cannot be made", folder);
  struct stat facts {};
  if (::lstat(folder.c_str(), &facts) != 0)
    return failed("the store of plugins cannot be looked at", folder);
  if (!S_ISDIR(facts.st_mode) || facts.st_uid != ::geteuid())
    return Status(Code::permission_denied, "the store of plugins is no folder of ours")
        .with("path", folder);
  if ((facts.st_mode & 07777) != kFolderMode && ::chmod(folder.c_str(), kFolderMode) != 0)
    return failed("the store of plugins cannot be closed to others", folder);
  Store store(folder);
  store.read_index();
  store.check_copies();
  return store;
}

std::string Store::path(const std::string& folder, std::string_view sha256) {
  return folder + "/" + std::string(sha256) + ".so";
}

Status Store::put(const std::string& folder, std::string_view sha256, std::string_view bytes) {
  const std::string to = path(folder, sha256);
  const Result<std::string> there = base::read_file(to, kCopyBytesMax);
  if (there.ok() && *there == bytes) return {};
  return base::write_file(to, bytes, kCopyMode);
}

Status Store::save(std::vector<StoredLibrary> libraries) {
  json::Writer out;
  out.begin_object().member("form", kIndexForm).key("libraries").begin_array();
  for (const StoredLibrary& library : libraries) write_library(out, library);
  out.end_array().end_object();
  LEAT_RETURN_IF_ERROR(base::write_file(folder_ + "/index.json", out.text() + "\n", kIndexMode));
  libraries_ = std::move(libraries);
  return {};
}

Status Store::remove(std::string_view sha256) {
  const std::string copy = path(folder_, sha256);
  if (::unlink(copy.c_str()) != 0 && errno != ENOENT)
    return failed("a copy of a plugin cannot be removed", copy);
  return {};
}

void Store::read_index() {
  const std::string index = folder_ + "/index.json";
  const Result<std::string> text = base::read_file(index, kIndexBytesMax);
  if (!text.ok() && text.status().code() == Code::not_found) return find_again();
  auto libraries = text.ok() ? libraries_of(*text) : std::nullopt;
  if (libraries) {
    libraries_ = *std::move(libraries);
    return;
  }
  const std::string aside = index + ".damaged";
  ::rename(index.c_str(), aside.c_str());
  problems_.push_back("the index of plugins was damaged (kept as " + aside +
                      "): which versions were active is not known any more");
  find_again();
}

void Store::find_again() {
  for (const std::string& digest : digests_in(folder_)) {
    const Result<std::string> bytes = base::read_file(path(folder_, digest), kCopyBytesMax);
    if (!bytes.ok()) continue;
    const Inspection found = inspect(*bytes, {});
    if (!found.identity) continue;
    StoredLibrary library;
    library.sha256 = digest;
    library.identity = *found.identity;
    library.bytes = bytes->size();
    library.origin = {"store", digest + ".so"};
    libraries_.push_back(std::move(library));
  }
}

void Store::check_copies() {
  std::erase_if(libraries_, [this](const StoredLibrary& library) {
    const Result<std::string> bytes = base::read_file(path(folder_, library.sha256), kCopyBytesMax);
    if (bytes.ok() && crypto::sha256_hex(*bytes) == library.sha256) return false;
    problems_.push_back("the copy of the plugin " + library.identity.name + " " +
                        to_string(library.identity.version) + " is " +
                        (bytes.ok() ? "damaged" : "gone") + ": drop it in again");
    return true;
  });
}

}  // namespace leat::plugin
