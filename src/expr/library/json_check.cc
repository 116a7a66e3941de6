#include "expr/library/json_check.h"

#include <bitset>
#include <cstdint>

#include "expr/json_walk.h"

namespace leat::expr {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Walks over a text; every step is false where the text does not fit.
class Checker {
  static constexpr std::size_t kPlainMax = 300;  // characters: a shorter plain number is a double

 public:
  explicit Checker(std::string_view text) : text_(text) {}

  bool value() {
    for (;;) {
      if (!opening()) return false;
      if (opened_) continue;
      if (!closing()) return false;
      if (depth_ == 0) return true;
    }
  }
  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  std::size_t at() const { return at_; }
  bool too_large() const { return too_large_; }

 private:
  // A scalar, or the bracket of a list or object with the name of its first member; `{}` and `[]`
  // count as scalars.
  bool opening() {
    skip_space();
    opened_ = false;
    switch (peek()) {
      case '{': return open(true);
      case '[': return open(false);
      case '"': return string();
      case 't': return word("true");
      case 'f': return word("false");
      case 'n': return word("null");
      default: return number();
    }
  }

  // What stands behind a value: the brackets that close, or a comma and the next member's name.
  bool closing() {
    while (depth_ > 0) {
      const bool object = objects_[depth_ - 1];
      skip_space();
      if (accept(',')) return !object || name();
      if (!accept(object ? '}' : ']')) return false;
      --depth_;
    }
    return true;
  }

  bool open(bool object) {
    ++at_;
    skip_space();
    if (accept(object ? '}' : ']')) return true;
    if (depth_ == kJsonDepthMax) return false;
    objects_[depth_++] = object;
    opened_ = true;
    return !object || name();
  }

  bool name() {
    skip_space();
    if (peek() != '"' || !string()) return false;
    skip_space();
    return accept(':');
  }

  bool string() {
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') return ++at_, true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\' && !escape()) return false;
    }
    return false;
  }

  // at_ moves to the last character of the escape.
  bool escape() {
    ++at_;
    switch (peek()) {
      case '"':
      case '\\':
      case '/':
      case 'b':
      case 'f':
      case 'n':
      case 'r':
      case 't': return true;
      case 'u': break;
      default: return false;
    }
    std::uint32_t unit = 0;
    if (!hex(unit) || (unit >= 0xDC00 && unit < 0xE000)) return false;
    if (unit < 0xD800 || unit >= 0xE000) return true;
    std::uint32_t low = 0;
    if (text_.substr(at_ + 1, 2) != "\\u") return false;
    at_ += 2;
    return hex(low) && low >= 0xDC00 && low < 0xE000;
  }
  // Four digits behind at_, which moves to the last of them.
  bool hex(std::uint32_t& unit) {
    for (int i = 0; i < 4; ++i) {
      ++at_;
      const char c = peek();
      const char letter = static_cast<char>(c | 0x20);
      if (!is_digit(c) && (letter < 'a' || letter > 'f')) return false;
      unit = unit * 16 + static_cast<std::uint32_t>(is_digit(c) ? c - '0' : letter - 'a' + 10);
    }
    return true;
  }

  bool number() {
    const std::size_t from = at_;
    if (!number_token()) return false;
    const std::string_view token = text_.substr(from, at_ - from);
    if (token.size() > kPlainMax || token.find_first_of("eE") != std::string_view::npos)
      too_large_ = too_large_ || is_beyond_double(token);
    return true;
  }
  bool number_token() {
    accept('-');
    if (!accept('0') && !digits()) return false;
    if (accept('.') && !digits()) return false;
    if (peek() != 'e' && peek() != 'E') return true;
    ++at_;
    if (!accept('+')) accept('-');
    return digits();
  }
  bool digits() {
    const std::size_t from = at_;
    while (is_digit(peek())) ++at_;
    return at_ > from;
  }

  bool word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool accept(char c) {
    if (peek() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  bool opened_ = false;
  bool too_large_ = false;
  std::bitset<kJsonDepthMax> objects_;
};

}  // namespace

std::string_view check_json(std::string_view text, bool& too_large) noexcept {
  Checker checker(text);
  checker.skip_space();
  const std::size_t begin = checker.at();
  if (!checker.value()) return {};
  too_large = checker.too_large();
  const std::size_t end = checker.at();
  checker.skip_space();
  return checker.at() == text.size() ? text.substr(begin, end - begin) : std::string_view();
}

}  // namespace leat::expr
