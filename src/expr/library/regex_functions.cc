#include <algorithm>
#include <array>

#include <re2/re2.h>

#include "expr/code_points.h"
#include "expr/library/library.h"
#include "expr/library/text_builder.h"
#include "expr/regex_cache.h"
#include "expr/values.h"

namespace leat::expr {
namespace {

constexpr int kGroupsMax = 10;  // the whole match and \1 … \9

using Groups = std::array<re2::StringPiece, kGroupsMax>;

std::string_view text_of(const re2::StringPiece& piece) { return {piece.data(), piece.size()}; }

// The matches in a text from left to right that do not overlap. An empty one right behind a match
// does not count.
class Matches {
 public:
  Matches(const re2::RE2& pattern, std::string_view text, int groups)
      : pattern_(pattern), text_(text), groups_(groups) {}

  bool next(Groups& found) {
    const re2::StringPiece all(text_.data(), text_.size());
    while (at_ <= text_.size() &&
           pattern_.Match(all, at_, text_.size(), re2::RE2::UNANCHORED, found.data(), groups_)) {
      const auto begin = static_cast<std::size_t>(found[0].data() - text_.data());
      const std::size_t end = begin + found[0].size();
      const bool counts = !found[0].empty() || begin != last_end_;
      last_end_ = end;
      at_ = end;
      if (found[0].empty()) at_ += end < text_.size() ? rune_bytes(text_, end) : 1;
      if (counts) return true;
    }
    return false;
  }

 private:
  const re2::RE2& pattern_;
  std::string_view text_;
  int groups_;
  std::size_t at_ = 0;
  std::size_t last_end_ = kNoByte;
};

// The pattern, or the error. Requires: both texts.
const re2::RE2* pattern_of(Frame& frame, const Value& a, const Value& pattern, Value& error) {
  if (!a.is(Type::string) || !pattern.is(Type::string))
    return error = fail(kNoSuchOverload), nullptr;
  const re2::RE2* const found = frame.patterns.find(pattern.as_text());
  if (found == nullptr) error = fail(kInvalidPattern);
  return found;
}

// The same for a pattern of which one group at most is wanted.
const re2::RE2* one_group(Frame& frame, const Value& a, const Value& pattern, Value& error) {
  const re2::RE2* const found = pattern_of(frame, a, pattern, error);
  if (found == nullptr || found->NumberOfCapturingGroups() <= 1) return found;
  error = fail(kTooManyGroups);
  return nullptr;
}

Value extract(Frame& frame, const Value& a, const Value& pattern) {
  Value error;
  const re2::RE2* const re = one_group(frame, a, pattern, error);
  if (re == nullptr) return error;
  const int group = re->NumberOfCapturingGroups();
  Groups found;
  if (!Matches(*re, a.as_text(), group + 1).next(found)) return kNone;
  const std::string_view text = text_of(found[static_cast<std::size_t>(group)]);
  if (group == 1 && text.empty()) return kNone;
  return make_optional(frame.arena, Value::string(text));
}

Value extract_all(Frame& frame, const Value& a, const Value& pattern) {
  Value error;
  const re2::RE2* const re = one_group(frame, a, pattern, error);
  if (re == nullptr) return error;
  const int group = re->NumberOfCapturingGroups();
  Groups found;
  std::size_t count = 0;
  const auto counts = [&] { return group == 0 || !found[1].empty(); };
  for (Matches matches(*re, a.as_text(), group + 1); matches.next(found);) count += counts();
  if (count > kItemsMax) return fail(kTooLarge);
  const std::span<Value> made = frame.arena.array<Value>(count);
  std::size_t next = 0;
  for (Matches matches(*re, a.as_text(), group + 1); matches.next(found);)
    if (counts()) made[next++] = Value::string(text_of(found[static_cast<std::size_t>(group)]));
  return Value::list(made);
}

// Whether each `\` of a replacement stands before another or before the number of a group.
bool fits(std::string_view by, int groups) {
  for (std::size_t i = 0; i < by.size(); ++i) {
    if (by[i] != '\\') continue;
    if (++i == by.size()) return false;
    const bool group = by[i] >= '0' && by[i] <= '9' && by[i] - '0' <= groups;
    if (by[i] != '\\' && !group) return false;
  }
  return true;
}

void put_replacement(TextBuilder& out, std::string_view by, const Groups& found) {
  for (std::size_t i = 0; i < by.size(); ++i) {
    if (by[i] != '\\') {
      out.put(by[i]);
    } else if (by[++i] == '\\') {
      out.put('\\');
    } else {
      out.put(text_of(found[static_cast<std::size_t>(by[i] - '0')]));
    }
  }
}

Value replace_most(Frame& frame, const Value& a, const Value& pattern, const Value& by,
                   const Value& most) {
  if (!by.is(Type::string) || !most.is(Type::integer)) return fail(kNoSuchOverload);
  Value error;
  const re2::RE2* const re = pattern_of(frame, a, pattern, error);
  if (re == nullptr) return error;
  const int groups = std::min(re->NumberOfCapturingGroups(), kGroupsMax - 1);
  if (!fits(by.as_text(), groups)) return fail(kInvalidReplacement);
  const std::string_view text = a.as_text();
  TextBuilder out(frame.arena, text.size());
  Matches matches(*re, text, groups + 1);
  Groups found;
  std::size_t at = 0;
  std::int64_t left = std::max<std::int64_t>(-1, most.as_integer());
  for (; left != 0 && matches.next(found); --left) {
    const auto begin = static_cast<std::size_t>(found[0].data() - text.data());
    out.put(text.substr(at, begin - at));
    put_replacement(out, by.as_text(), found);
    at = begin + found[0].size();
    if (out.too_large()) break;
  }
  out.put(text.substr(at));
  return out.string();
}
Value replace(Frame& frame, const Value& a, const Value& pattern, const Value& by) {
  return replace_most(frame, a, pattern, by, Value::integer(-1));
}

constexpr CallStyle kGlobal = CallStyle::global;
constexpr std::string_view kRegex = "regex";

constexpr std::array kTable{
    Function{"regex.extract",
             kGlobal,
             2,
             {kStrings, kStrings},
             Type::optional,
             each<extract>,
             {kRegex, "regex.extract(string, string) -> optional(string)",
              "The first match of a pattern (RE2), or its one group; none without a match."}},
    Function{"regex.extract_all",
             kGlobal,
             2,
             {kStrings, kStrings},
             Type::list,
             each<extract_all>,
             {kRegex, "regex.extract_all(string, string) -> list",
              "All matches of a pattern (RE2), or what its one group matched."}},
    Function{
        "regex.replace",
        kGlobal,
        3,
        {kStrings, kStrings, kStrings},
        Type::string,
        each<replace>,
        {kRegex, "regex.replace(string, string, string) -> string",
         "Every match of a pattern (RE2) replaced; \\1 … \\9 in the replacement are its groups."}},
    Function{"regex.replace",
             kGlobal,
             4,
             {kStrings, kStrings, kStrings, kInts},
             Type::string,
             each<replace_most>,
             {kRegex, "regex.replace(string, string, string, int) -> string",
              "At most so many matches replaced, all when it is negative."}},
};

}  // namespace

const std::span<const Function> kRegexFunctions{kTable};

}  // namespace leat::expr
