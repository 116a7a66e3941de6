#include <algorithm>
#include <array>

#include "expr/code_points.h"
#include "expr/functions.h"
#include "expr/regex_cache.h"

namespace leat::expr {
namespace {

bool all_text(const Value& a, const Value& b) { return a.is(Type::string) && b.is(Type::string); }

Value starts_with(Frame&, const Value& a, const Value& b) {
  return all_text(a, b) ? Value::boolean(a.as_text().starts_with(b.as_text()))
                        : fail(kNoSuchOverload);
}
Value ends_with(Frame&, const Value& a, const Value& b) {
  return all_text(a, b) ? Value::boolean(a.as_text().ends_with(b.as_text()))
                        : fail(kNoSuchOverload);
}
Value contains(Frame&, const Value& a, const Value& b) {
  if (!all_text(a, b)) return fail(kNoSuchOverload);
  return Value::boolean(a.as_text().find(b.as_text()) != kNoByte);
}

Value matches(Frame& frame, const Value& a, const Value& b) {
  if (!all_text(a, b)) return fail(kNoSuchOverload);
  const re2::RE2* pattern = frame.patterns.find(b.as_text());
  return pattern == nullptr ? fail(kInvalidPattern)
                            : Value::boolean(matches_pattern(*pattern, a.as_text()));
}

Value matches_fixed(Frame& frame, const Value& a) {
  if (!a.is(Type::string)) return fail(kNoSuchOverload);
  return Value::boolean(matches_pattern(*frame.extra->pattern, a.as_text()));
}

// Changes the letters from `first` to `first` + 25 to the other case.
Value change_case(Frame& frame, const Value& a, char first, int by) {
  if (!a.is(Type::string)) return fail(kNoSuchOverload);
  const std::string_view text = a.as_text();
  const auto changes = [first](char c) { return c >= first && c < first + 26; };
  if (std::none_of(text.begin(), text.end(), changes)) return a;
  char* const at = frame.arena.allocate(text.size(), 1);
  for (std::size_t i = 0; i < text.size(); ++i)
    at[i] = changes(text[i]) ? static_cast<char>(text[i] + by) : text[i];
  return Value::string({at, text.size()});
}
Value lower_ascii(Frame& frame, const Value& a) { return change_case(frame, a, 'A', 'a' - 'A'); }
Value upper_ascii(Frame& frame, const Value& a) { return change_case(frame, a, 'a', 'A' - 'a'); }

// The white space of Unicode, as UTF-8.
constexpr std::array<std::string_view, 25> kSpaces{
    "\t",     "\n",     "\v",     "\f",     "\r",     " ",      "\u0085", "\u00a0", "\u1680",
    "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008",
    "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};

Value trim(Frame&, const Value& a) {
  if (!a.is(Type::string)) return fail(kNoSuchOverload);
  std::string_view text = a.as_text();
  const auto leads = [&text](std::string_view space) { return text.starts_with(space); };
  const auto trails = [&text](std::string_view space) { return text.ends_with(space); };
  for (auto it = kSpaces.begin();
       (it = std::find_if(kSpaces.begin(), kSpaces.end(), leads)) != kSpaces.end();)
    text.remove_prefix(it->size());
  for (auto it = kSpaces.begin();
       (it = std::find_if(kSpaces.begin(), kSpaces.end(), trails)) != kSpaces.end();)
    text.remove_suffix(it->size());
  return Value::string(text);
}

Value substring_between(const Value& a, const Value& from, const Value& to) {
  if (!a.is(Type::string) || !from.is(Type::integer) || !to.is(Type::integer))
    return fail(kNoSuchOverload);
  const std::string_view text = a.as_text();
  const std::size_t begin = byte_of(text, from.as_integer());
  const std::size_t end = byte_of(text, to.as_integer());
  if (begin == kNoByte || end == kNoByte || begin > end) return fail(kOutOfRange);
  return Value::string(text.substr(begin, end - begin));
}
Value substring(Frame&, const Value& a, const Value& from, const Value& to) {
  return substring_between(a, from, to);
}
Value substring_from(Frame&, const Value& a, const Value& from) {
  if (!a.is(Type::string) || !from.is(Type::integer)) return fail(kNoSuchOverload);
  const std::size_t begin = byte_of(a.as_text(), from.as_integer());
  return begin == kNoByte ? fail(kOutOfRange) : Value::string(a.as_text().substr(begin));
}

Value char_at(Frame&, const Value& a, const Value& index) {
  if (!a.is(Type::string) || !index.is(Type::integer)) return fail(kNoSuchOverload);
  const std::string_view text = a.as_text();
  const std::size_t at = byte_of(text, index.as_integer());
  if (at == kNoByte) return fail(kOutOfRange);
  return Value::string(at == text.size() ? std::string_view()
                                         : text.substr(at, rune_bytes(text, at)));
}

// Positions beyond the end are an error, as the CEL conformance tests have it.
Value index_of_from(Frame&, const Value& a, const Value& part, const Value& from) {
  if (!all_text(a, part) || !from.is(Type::integer)) return fail(kNoSuchOverload);
  const std::string_view text = a.as_text();
  const std::size_t begin = byte_of(text, from.as_integer());
  if (begin == kNoByte) return fail(kOutOfRange);
  const std::size_t found = text.find(part.as_text(), begin);
  return Value::integer(found == kNoByte ? -1 : points_before(text, found));
}
Value index_of(Frame& frame, const Value& a, const Value& part) {
  return index_of_from(frame, a, part, Value::integer(0));
}

Value last_index_of(Frame&, const Value& a, const Value& part) {
  if (!all_text(a, part)) return fail(kNoSuchOverload);
  const std::size_t found = a.as_text().rfind(part.as_text());
  return Value::integer(found == kNoByte ? -1 : points_before(a.as_text(), found));
}
Value last_index_of_from(Frame&, const Value& a, const Value& part, const Value& from) {
  if (!all_text(a, part) || !from.is(Type::integer)) return fail(kNoSuchOverload);
  const std::string_view text = a.as_text();
  const std::size_t begin = byte_of(text, from.as_integer());
  if (begin == kNoByte) return fail(kOutOfRange);
  const std::size_t found = text.rfind(part.as_text(), begin);
  return Value::integer(found == kNoByte ? -1 : points_before(text, found));
}

// Calls put(piece) for the pieces of the result. An empty `old` stands before every code point and
// at the end.
template <class Put>
void replace_pieces(std::string_view text, std::string_view old, std::string_view by,
                    std::int64_t most, Put put) {
  std::size_t at = 0;
  std::size_t searched = 0;
  for (; most != 0; --most) {
    const std::size_t found = text.find(old, searched);
    if (found == kNoByte) break;
    put(text.substr(at, found - at));
    put(by);
    at = found + old.size();
    if (old.empty() && at == text.size()) break;
    searched = old.empty() ? at + rune_bytes(text, at) : at;
  }
  put(text.substr(at));
}

Value replace_most(Frame& frame, const Value& a, const Value& old, const Value& by,
                   const Value& most) {
  if (!all_text(a, old) || !by.is(Type::string) || !most.is(Type::integer))
    return fail(kNoSuchOverload);
  const std::int64_t limit = std::max<std::int64_t>(-1, most.as_integer());
  std::size_t size = 0;
  const auto measure = [&size](std::string_view piece) { size += piece.size(); };
  replace_pieces(a.as_text(), old.as_text(), by.as_text(), limit, measure);
  if (size > kTextBytesMax) return fail(kTooLarge);
  char* const begin = frame.arena.allocate(size, 1);
  char* out = begin;
  const auto write = [&out](std::string_view piece) {
    out = std::copy(piece.begin(), piece.end(), out);
  };
  replace_pieces(a.as_text(), old.as_text(), by.as_text(), limit, write);
  return Value::string({begin, size});
}
Value replace(Frame& frame, const Value& a, const Value& old, const Value& by) {
  return replace_most(frame, a, old, by, Value::integer(-1));
}

constexpr CallStyle kMethod = CallStyle::method;
constexpr std::string_view kCategory = "strings";

constexpr std::array kTable{
    Function{"startsWith",
             kMethod,
             2,
             {kStrings, kStrings},
             Type::boolean,
             each<starts_with>,
             {kCategory, "startsWith(string, string) -> bool",
              "Whether the text begins with the other."}},
    Function{
        "endsWith",
        kMethod,
        2,
        {kStrings, kStrings},
        Type::boolean,
        each<ends_with>,
        {kCategory, "endsWith(string, string) -> bool", "Whether the text ends with the other."}},
    Function{
        "contains",
        kMethod,
        2,
        {kStrings, kStrings},
        Type::boolean,
        each<contains>,
        {kCategory, "contains(string, string) -> bool", "Whether the other stands in the text."}},
    Function{"matches",
             CallStyle::either,
             2,
             {kStrings, kStrings},
             Type::boolean,
             each<matches>,
             {kCategory, "matches(string, string) -> bool",
              "Whether any part of the text matches the pattern (RE2)."}},
    Function{
        "lowerAscii",
        kMethod,
        1,
        {kStrings},
        Type::string,
        each<lower_ascii>,
        {kCategory, "lowerAscii(string) -> string", "A to Z in lower case, all else as it is."}},
    Function{
        "upperAscii",
        kMethod,
        1,
        {kStrings},
        Type::string,
        each<upper_ascii>,
        {kCategory, "upperAscii(string) -> string", "a to z in upper case, all else as it is."}},
    Function{"trim",
             kMethod,
             1,
             {kStrings},
             Type::string,
             each<trim>,
             {kCategory, "trim(string) -> string", "The text without the white space around it."}},
    Function{"substring",
             kMethod,
             2,
             {kStrings, kInts},
             Type::string,
             each<substring_from>,
             {kCategory, "substring(string, int) -> string",
              "The characters from a position to the end."}},
    Function{"substring",
             kMethod,
             3,
             {kStrings, kInts, kInts},
             Type::string,
             each<substring>,
             {kCategory, "substring(string, int, int) -> string",
              "The characters from the first position to before the second."}},
    Function{"charAt",
             kMethod,
             2,
             {kStrings, kInts},
             Type::string,
             each<char_at>,
             {kCategory, "charAt(string, int) -> string",
              "The character at a position; empty behind the last one."}},
    Function{"indexOf",
             kMethod,
             2,
             {kStrings, kStrings},
             Type::integer,
             each<index_of>,
             {kCategory, "indexOf(string, string) -> int",
              "The position of the first place where the other stands, or -1."}},
    Function{"indexOf",
             kMethod,
             3,
             {kStrings, kStrings, kInts},
             Type::integer,
             each<index_of_from>,
             {kCategory, "indexOf(string, string, int) -> int",
              "The first such place at or behind a position, or -1."}},
    Function{"lastIndexOf",
             kMethod,
             2,
             {kStrings, kStrings},
             Type::integer,
             each<last_index_of>,
             {kCategory, "lastIndexOf(string, string) -> int",
              "The position of the last place where the other stands, or -1."}},
    Function{"lastIndexOf",
             kMethod,
             3,
             {kStrings, kStrings, kInts},
             Type::integer,
             each<last_index_of_from>,
             {kCategory, "lastIndexOf(string, string, int) -> int",
              "The last such place at or before a position, or -1."}},
    Function{"replace",
             kMethod,
             3,
             {kStrings, kStrings, kStrings},
             Type::string,
             each<replace>,
             {kCategory, "replace(string, string, string) -> string",
              "Every place where the second stands replaced by the third."}},
    Function{"replace",
             kMethod,
             4,
             {kStrings, kStrings, kStrings, kInts},
             Type::string,
             each<replace_most>,
             {kCategory, "replace(string, string, string, int) -> string",
              "At most so many places replaced, all when it is negative."}},
};

}  // namespace

void matches_pattern_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  each<matches_fixed>(frame, in, out, rows);
}

const std::span<const Function> kTextFunctions{kTable};

}  // namespace leat::expr
