#include "plugin/folder.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <tuple>
#include <utility>

#include "plugin/candidate.h"

namespace leat::plugin {
namespace {

constexpr std::size_t kFilesMax = 1000;

Result<std::string> make_store() {
  std::error_code error;
  std::string pattern =
      (std::filesystem::temp_directory_path(error) / "leat-plugins-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr)
    return Status(Code::unavailable,
                  "no folder can be made for copies of plugins in $TMPDIR or /tmp");
  return pattern;
}

void remove_store(const std::string& folder) {
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

CheckRules rules_in(const std::string& store, const Folder::Rules& rules) {
  return {store, rules.trust, rules.inspect, rules.probe, {}};
}

}  // namespace

Folder::~Folder() { remove_store(store_); }

Result<std::unique_ptr<Folder>> Folder::open(const std::string& folder, const Rules& rules,
                                             const Clock& clock) {
  const auto files = list_candidates(folder, kFilesMax);
  if (!files.ok()) return files.status();
  Result<std::string> store = make_store();
  if (!store.ok()) return store.status();
  std::unique_ptr<Folder> made(new Folder(*store));
  auto plugins = Plugins::open(*store, {.auto_activate = true}, clock);
  if (!plugins.ok()) return plugins.status();
  made->plugins_ = *std::move(plugins);
  std::vector<std::pair<std::string, CheckOutcome>> found;
  for (const std::string& file : *files)
    found.emplace_back(file,
                       check_file(folder, file, rules.bytes_max, rules_in(*store, rules), clock));
  // Activating an older version would take the newer ones of its minor step back.
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    const auto version = [](const CheckOutcome& outcome) {
      return outcome.identity ? outcome.identity->version : Version();
    };
    return version(a.second) < version(b.second);
  });
  for (const auto& [file, outcome] : found) made->plugins_->admit(outcome, {"folder", file});
  return made;
}

Result<CheckOutcome> look_at(const std::string& path, const Folder::Rules& rules,
                             const Clock& clock) {
  Result<std::string> store = make_store();
  if (!store.ok()) return store.status();
  const std::filesystem::path file(path);
  const std::string folder = file.has_parent_path() ? file.parent_path().string() : ".";
  CheckOutcome outcome =
      check_file(folder, file.filename().string(), rules.bytes_max, rules_in(*store, rules), clock);
  remove_store(*store);
  return outcome;
}

}  // namespace leat::plugin
