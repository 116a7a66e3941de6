#include "json/parse.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"

namespace leat::json {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

void append_utf8(std::string& out, std::uint32_t c) {
  const auto byte = [&](std::uint32_t value) {
    out += static_cast<char>(static_cast<unsigned char>(value));
  };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0 | (c >> 6));
    byte(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    byte(0xE0 | (c >> 12));
    byte(0x80 | ((c >> 6) & 0x3F));
    byte(0x80 | (c & 0x3F));
  } else {
    byte(0xF0 | (c >> 18));
    byte(0x80 | ((c >> 12) & 0x3F));
    byte(0x80 | ((c >> 6) & 0x3F));
    byte(0x80 | (c & 0x3F));
  }
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

}  // namespace

// Reads by recursive descent; the depth is checked before each descent. A function that returns
// false has reported a problem that ends the parse.
class Parser {
 public:
  Parser(std::string_view text, const ParseOptions& options) : text_(text), options_(options) {}

  Parsed run() {
    LEAT_CHECK(options_.depth_max <= ParseOptions::kDepthCeiling);
    Value root;
    if (admit_text() && skip_space() && take_document(root)) result_.root_ = std::move(root);
    return std::move(result_);
  }

 private:
  bool admit_text();
  bool take_document(Value& out);
  bool take_value(Value& out);
  bool take_object(Value& out);
  bool take_members(std::vector<Member>& members);
  bool take_array(Value& out);
  bool take_elements(std::vector<Value>& elements);
  bool take_string(std::string& out);
  bool take_escape(std::string& out);
  bool take_unicode(std::string& out);
  bool take_hex4(std::uint32_t& out);
  bool take_number(Value& out);
  bool take_digits();
  bool take_word(std::string_view word);
  bool skip_space();
  bool skip_comment();
  void find_duplicates(const std::vector<Member>& members);

  bool at_end() const noexcept { return at_ >= text_.size(); }
  char peek() const noexcept { return at_end() ? '\0' : text_[at_]; }
  bool next_is(char c) const noexcept { return !at_end() && text_[at_] == c; }
  Place place_at(std::size_t offset);
  Place here() { return place_at(at_); }

  bool malformed(std::string message);
  bool expected(std::string_view what);
  // Notes a refusal; `stop` ends the parse.
  void refuse(std::string_view code, std::string message, std::string pointer, Place place);
  bool stop(std::string_view code, std::string message);

  const std::string_view text_;
  const ParseOptions& options_;
  Parsed result_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t values_ = 0;
  std::string pointer_;
  // The place of offset `marked_`, from which the next place is counted on.
  std::size_t marked_ = 0;
  Place mark_{1, 1};
};

Place Parser::place_at(std::size_t offset) {
  if (offset < marked_) {
    marked_ = 0;
    mark_ = {1, 1};
  }
  for (; marked_ < offset; ++marked_) {
    const auto c = static_cast<unsigned char>(text_[marked_]);
    if (c == '\n') {
      ++mark_.line;
      mark_.column = 1;
    } else if ((c & 0xC0) != 0x80) {
      ++mark_.column;
    }
  }
  // Bytes that continue a character belong to its column.
  return mark_;
}

bool Parser::malformed(std::string message) {
  result_.problems_.clear();
  result_.problems_.push_back({"MALFORMED_JSON", std::move(message), "", here()});
  return false;
}

bool Parser::expected(std::string_view what) {
  if (at_end()) return malformed("the text ends where " + std::string(what) + " should stand");
  return malformed("expected " + std::string(what));
}

void Parser::refuse(std::string_view code, std::string message, std::string pointer, Place place) {
  if (result_.problems_.size() >= Parsed::kProblemsMax) return;
  result_.problems_.push_back({std::string(code), std::move(message), std::move(pointer), place});
}

bool Parser::stop(std::string_view code, std::string message) {
  if (result_.problems_.size() >= Parsed::kProblemsMax) result_.problems_.pop_back();
  refuse(code, std::move(message), pointer_, here());
  return false;
}

bool Parser::admit_text() {
  if (text_.size() > options_.bytes_max)
    return stop("TOO_LARGE", "the text has " + std::to_string(text_.size()) + " bytes; at most " +
                                 std::to_string(options_.bytes_max) + " are taken");
  if (text_.starts_with(kByteOrderMark)) return malformed("the text begins with a byte order mark");
  if (const std::size_t valid = base::valid_utf8_prefix(text_); valid != text_.size()) {
    at_ = valid;
    return malformed("invalid UTF-8");
  }
  return true;
}

bool Parser::take_document(Value& out) {
  if (at_end()) return malformed("the text is empty");
  if (!take_value(out) || !skip_space()) return false;
  if (!at_end()) return malformed("there is more text after the value");
  return true;
}

bool Parser::skip_space() {
  while (!at_end()) {
    const char c = text_[at_];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++at_;
    } else if (c == '/' && options_.comments) {
      if (!skip_comment()) return false;
    } else {
      break;
    }
  }
  return true;
}

bool Parser::skip_comment() {
  if (text_.substr(at_).starts_with("//")) {
    at_ = std::min(text_.find('\n', at_), text_.size());
    return true;
  }
  if (!text_.substr(at_).starts_with("/*")) return expected("a value or a comment");
  const std::size_t end = text_.find("*/", at_ + 2);
  if (end == std::string_view::npos) return malformed("this comment has no end");
  at_ = end + 2;
  return true;
}

bool Parser::take_value(Value& out) {
  if (++values_ > options_.values_max)
    return stop("TOO_MANY_VALUES", "more than " + std::to_string(options_.values_max) + " values");
  const Place place = here();
  switch (peek()) {
    case '{': return take_object(out);
    case '[': return take_array(out);
    case '"': {
      std::string text;
      if (!take_string(text)) return false;
      out = Value::string(place, std::move(text));
      return true;
    }
    case 't': out = Value::boolean(place, true); return take_word("true");
    case 'f': out = Value::boolean(place, false); return take_word("false");
    case 'n': out = Value::null(place); return take_word("null");
    default: return next_is('-') || is_digit(peek()) ? take_number(out) : expected("a value");
  }
}

bool Parser::take_word(std::string_view word) {
  if (!text_.substr(at_).starts_with(word)) return expected("a value");
  at_ += word.size();
  return true;
}

bool Parser::take_object(Value& out) {
  if (depth_ >= options_.depth_max)
    return stop("TOO_DEEP", "more than " + std::to_string(options_.depth_max) + " levels");
  const Place place = here();
  ++at_;
  ++depth_;
  std::vector<Member> members;
  if (!take_members(members)) return false;
  --depth_;
  find_duplicates(members);
  out = Value::object(place, std::move(members));
  return true;
}

bool Parser::take_members(std::vector<Member>& members) {
  if (!skip_space()) return false;
  if (next_is('}')) return ++at_, true;
  const std::size_t outer = pointer_.size();
  while (true) {
    if (!next_is('"')) return expected("a key in quotes");
    Member member;
    member.key_place = here();
    if (!take_string(member.key) || !skip_space()) return false;
    if (member.key.size() > options_.key_bytes_max)
      return stop("TOO_LARGE",
                  "a key of more than " + std::to_string(options_.key_bytes_max) + " bytes");
    if (!next_is(':')) return expected("`:`");
    ++at_;
    append_to_pointer(pointer_, member.key);
    if (!skip_space() || !take_value(member.value) || !skip_space()) return false;
    pointer_.resize(outer);
    members.push_back(std::move(member));
    if (next_is('}')) return ++at_, true;
    if (!next_is(',')) return expected("`,` or `}`");
    ++at_;
    if (!skip_space()) return false;
  }
}

bool Parser::take_array(Value& out) {
  if (depth_ >= options_.depth_max)
    return stop("TOO_DEEP", "more than " + std::to_string(options_.depth_max) + " levels");
  const Place place = here();
  ++at_;
  ++depth_;
  std::vector<Value> elements;
  if (!take_elements(elements)) return false;
  --depth_;
  out = Value::array(place, std::move(elements));
  return true;
}

bool Parser::take_elements(std::vector<Value>& elements) {
  if (!skip_space()) return false;
  if (next_is(']')) return ++at_, true;
  const std::size_t outer = pointer_.size();
  while (true) {
    append_to_pointer(pointer_, std::to_string(elements.size()));
    Value element;
    if (!take_value(element) || !skip_space()) return false;
    pointer_.resize(outer);
    elements.push_back(std::move(element));
    if (next_is(']')) return ++at_, true;
    if (!next_is(',')) return expected("`,` or `]`");
    ++at_;
    if (!skip_space()) return false;
  }
}

bool Parser::take_string(std::string& out) {
  ++at_;
  while (true) {
    const std::size_t start = at_;
    while (!at_end() && text_[at_] != '"' && text_[at_] != '\\' &&
           static_cast<unsigned char>(text_[at_]) >= 0x20)
      ++at_;
    out.append(text_, start, at_ - start);
    if (at_end()) return malformed("the text ends inside a string");
    if (text_[at_] == '"') return ++at_, true;
    if (text_[at_] != '\\') return malformed("a control character in a string must be escaped");
    if (!take_escape(out)) return false;
  }
}

bool Parser::take_escape(std::string& out) {
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  if (at_ + 1 >= text_.size()) return ++at_, malformed("the text ends inside a string");
  const char letter = text_[at_ + 1];
  if (letter == 'u') return take_unicode(out);
  const std::size_t which = kLetters.find(letter);
  if (which == std::string_view::npos) return malformed("unknown escape in a string");
  out += kMeanings[which];
  at_ += 2;
  return true;
}

bool Parser::take_unicode(std::string& out) {
  const std::size_t start = at_;
  std::uint32_t unit = 0;
  if (!take_hex4(unit)) return false;
  if (unit >= 0xD800 && unit <= 0xDBFF && text_.substr(at_).starts_with("\\u")) {
    const std::size_t second_at = at_;
    std::uint32_t second = 0;
    if (!take_hex4(second)) return false;
    if (second >= 0xDC00 && second <= 0xDFFF) {
      append_utf8(out, 0x10000 + ((unit - 0xD800) << 10) + (second - 0xDC00));
      return true;
    }
    at_ = second_at;
  }
  if (unit >= 0xD800 && unit <= 0xDFFF) {
    refuse("LONE_SURROGATE", "half of a surrogate pair stands alone", pointer_, place_at(start));
    unit = 0xFFFD;
  }
  append_utf8(out, unit);
  return true;
}

// Reads `\uXXXX`.
bool Parser::take_hex4(std::uint32_t& out) {
  const std::string_view digits = text_.substr(std::min(at_ + 2, text_.size()), 4);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out, 16);
  if (error != std::errc() || end != digits.data() + 4)
    return malformed("`\\u` needs four hexadecimal digits");
  at_ += 6;
  return true;
}

bool Parser::take_digits() {
  if (!is_digit(peek())) return expected("a digit");
  while (is_digit(peek())) ++at_;
  return true;
}

bool Parser::take_number(Value& out) {
  const std::size_t start = at_;
  const Place place = here();
  bool integral = true;
  if (next_is('-')) ++at_;
  if (next_is('0')) {
    ++at_;
    if (is_digit(peek())) return malformed("a number has no leading zeros");
  } else if (!take_digits()) {
    return false;
  }
  if (next_is('.')) {
    integral = false;
    ++at_;
    if (!take_digits()) return false;
  }
  if (next_is('e') || next_is('E')) {
    integral = false;
    ++at_;
    if (next_is('+') || next_is('-')) ++at_;
    if (!take_digits()) return false;
  }
  const std::string_view token = text_.substr(start, at_ - start);
  std::int64_t whole = 0;
  if (integral &&
      std::from_chars(token.data(), token.data() + token.size(), whole).ec == std::errc()) {
    out = Value::integer(place, whole, std::string(token));
    return true;
  }
  double real = 0;
  if (std::from_chars(token.data(), token.data() + token.size(), real).ec != std::errc())
    refuse("OUT_OF_RANGE", "a number that no 64-bit floating-point number holds", pointer_, place);
  out = Value::real(place, real, std::string(token));
  return true;
}

void Parser::find_duplicates(const std::vector<Member>& members) {
  std::vector<const Member*> sorted;
  sorted.reserve(members.size());
  for (const Member& member : members) sorted.push_back(&member);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Member* a, const Member* b) { return a->key < b->key; });
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i]->key != sorted[i - 1]->key) continue;
    refuse("DUPLICATE_KEY", "this key stands here twice", pointer_to(pointer_, sorted[i]->key),
           sorted[i]->key_place);
  }
}

Parsed parse(std::string_view text, const ParseOptions& options) {
  return Parser(text, options).run();
}

}  // namespace leat::json
