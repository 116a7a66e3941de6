#include "flow/short_letter.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace leat::flow {
namespace {

constexpr std::string_view kOmitted = "leat-omitted";
constexpr std::string_view kValueBytes = "leat-value-bytes";
constexpr std::string_view kTimestamp = "leat-timestamp";

struct Omitted {
  bool value = false;
  bool rest = false;
  bool time = false;
};

// Our own headers stand behind those of the record: the first of them.
std::size_t first_own(const record::Row& letter) noexcept {
  const std::string_view first =
      letter.origin != nullptr ? "__connect.errors.topic" : "__connect.errors.connector.name";
  const auto all = letter.all_headers();
  for (std::size_t i = all.size(); i > 0; --i)
    if (all[i - 1].name == first) return i - 1;
  return all.size();
}

Omitted omitted_of(std::span<const record::Header> own) noexcept {
  const auto found = std::find_if(own.begin(), own.end(),
                                  [](const auto& header) { return header.name == kOmitted; });
  if (found == own.end()) return {};
  const auto lists = [&](std::string_view what) {
    return found->value.find(what) != std::string_view::npos;
  };
  return {lists("value"), lists("headers"), lists("timestamp")};
}

std::string_view text_of(const Omitted& omitted, base::Arena& arena) {
  std::string text;
  const auto add = [&](bool is, std::string_view what) {
    if (is) text.append(text.empty() ? "" : ",").append(what);
  };
  add(omitted.value, "value");
  add(omitted.rest, "key,headers");
  add(omitted.time, "timestamp");
  return arena.copy(text);
}

// The headers from `from` on with the new list, and `name` when it is not empty.
void set_headers(record::Row& letter, std::size_t from, std::string_view list,
                 std::string_view name, std::string_view value, base::Arena& arena) {
  const auto before = letter.all_headers().subspan(from);
  const auto after = arena.array<record::Header>(before.size() + 2);
  std::size_t count = 0;
  for (const record::Header& header : before)
    if (header.name != kOmitted) after[count++] = header;
  if (!name.empty()) after[count++] = {name, value, false};
  after[count++] = {kOmitted, list, false};
  letter.set_headers(after.first(count));
}

}  // namespace

std::optional<record::Row> shorten_letter(const record::Row& letter, LetterFault fault,
                                          base::Arena& arena) {
  const std::size_t own = first_own(letter);
  Omitted omitted = omitted_of(letter.all_headers().subspan(own));
  const bool rest_there = own > 0 || !letter.key.empty();
  record::Row made = letter;
  std::string_view name;
  std::string value;
  if (fault == LetterFault::time) {
    if (omitted.time) return std::nullopt;
    omitted.time = true;
    made.timestamp_ms = 0;
    name = kTimestamp;
    value = std::to_string(letter.timestamp_ms);
  } else if (!omitted.value && !letter.value.empty()) {
    omitted.value = true;
    made.value = {};
    name = kValueBytes;
    value = std::to_string(letter.value.size());
  } else if (!omitted.rest && rest_there) {
    omitted.rest = true;
    made.key = {};
    made.flags |= record::Row::kNullKey;
  } else {
    return std::nullopt;
  }
  // What a record brought under these names must not be taken for ours.
  set_headers(made, omitted.rest ? own : 0, text_of(omitted, arena), name, arena.copy(value),
              arena);
  return made;
}

}  // namespace leat::flow
