#include "plugin/calls/row_errors.h"

#include <deque>
#include <map>
#include <mutex>

#include "base/text.h"

namespace leat::plugin {
namespace {

constexpr std::size_t kTextsMax = 1000;       // of one function, with their texts
constexpr std::size_t kMessagesMax = 50'000;  // of all, then no new ones

struct Kept {
  std::string message;
  record::RowError error;
};

// Never destroyed: rows on their way may refer to it to the last moment.
struct Table {
  std::mutex mutex;
  std::map<std::string, const record::RowError*, std::less<>> by_message;
  std::map<std::string, std::size_t> texts_of;
  std::deque<Kept> kept;
};
Table& table() {
  static Table* const made = new Table();
  return *made;
}

constexpr record::RowError kAnyError{"PLUGIN_ERROR", "a plugin's function failed for this row"};

const record::RowError& keep(Table& all, std::string message) {
  if (const auto found = all.by_message.find(message); found != all.by_message.end())
    return *found->second;
  if (all.kept.size() >= kMessagesMax) return kAnyError;
  Kept& kept = all.kept.emplace_back();
  kept.message = std::move(message);
  kept.error = {"PLUGIN_ERROR", kept.message};
  all.by_message.emplace(kept.message, &kept.error);
  return kept.error;
}

}  // namespace

const record::RowError& plugin_row_error(const FunctionPlace& place, std::int32_t code,
                                         std::string_view text) {
  const std::string plain = place.full_name() + " failed with " + std::to_string(code);
  std::string message = plain;
  if (!text.empty()) {
    message += ": ";
    base::append_printable(message, text.substr(0, kRowTextBytesMax));
  }
  Table& all = table();
  const std::lock_guard lock(all.mutex);
  if (const auto found = all.by_message.find(message); found != all.by_message.end())
    return *found->second;
  const bool full = ++all.texts_of[place.full_name()] > kTextsMax;
  return keep(all, full ? plain : std::move(message));
}

}  // namespace leat::plugin
