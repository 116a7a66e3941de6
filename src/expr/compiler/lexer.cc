#include "expr/compiler/lexer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <system_error>

#include "expr/compiler/other_names.h"

namespace leat::expr {
namespace {

constexpr std::array<std::string_view, 4> kKeywords{"in", "true", "false", "null"};
constexpr std::array<std::string_view, 17> kReserved{
    "as",  "break", "const",   "continue",  "else",   "for", "function", "if",   "import",
    "let", "loop",  "package", "namespace", "return", "var", "void",     "while"};
// Longer ones first.
constexpr std::array<std::string_view, 26> kPunctuation{
    "??", "||", "&&", "==", "!=", "<=", ">=", "?", ":", "<", ">", "+", "-",
    "*",  "/",  "%",  "!",  ".",  ",",  "(",  ")", "[", "]", "{", "}", "="};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name(char c) { return is_name_start(c) || is_digit(c); }

int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

void append_utf8(std::string& out, std::uint32_t rune) {
  const auto byte = [&out](std::uint32_t b) { out.push_back(static_cast<char>(b)); };
  if (rune < 0x80) {
    byte(rune);
  } else if (rune < 0x800) {
    byte(0xC0 | (rune >> 6)), byte(0x80 | (rune & 0x3F));
  } else if (rune < 0x10000) {
    byte(0xE0 | (rune >> 12)), byte(0x80 | ((rune >> 6) & 0x3F)), byte(0x80 | (rune & 0x3F));
  } else {
    byte(0xF0 | (rune >> 18)), byte(0x80 | ((rune >> 12) & 0x3F));
    byte(0x80 | ((rune >> 6) & 0x3F)), byte(0x80 | (rune & 0x3F));
  }
}

std::optional<char> simple_escape(char c) {
  switch (c) {
    case 'a': return '\a';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    case '\\':
    case '?':
    case '"':
    case '\'':
    case '`': return c;
    default: return std::nullopt;
  }
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Tokens run() {
    for (skip_space(); at_ < text_.size(); skip_space()) token();
    begin();
    push(TokenKind::end);
    return std::move(out_);
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool done() const { return at_ >= text_.size(); }

  void advance(std::size_t bytes = 1) {
    for (; bytes > 0 && at_ < text_.size(); --bytes, ++at_)
      if ((static_cast<unsigned char>(text_[at_]) & 0xC0) != 0x80) ++point_;
  }
  // Past the whole code point that begins here.
  void advance_rune() {
    advance();
    while (!done() && (static_cast<unsigned char>(peek()) & 0xC0) == 0x80) advance();
  }

  void skip_space() {
    while (!done()) {
      const char c = peek();
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
        advance();
      } else if (c == '/' && peek(1) == '/') {
        while (!done() && peek() != '\n') advance();
      } else {
        return;
      }
    }
  }

  void begin() {
    token_ = Token();
    token_.span.begin = point_;
    start_ = at_;
  }
  void push(TokenKind kind) {
    token_.kind = kind;
    token_.span.end = point_;
    out_.tokens.push_back(std::move(token_));
  }
  void report(std::string message, std::size_t from) {
    out_.diagnostics.push_back(diagnose("EXPRESSION_SYNTAX", std::move(message), {from, point_}));
  }

  void token() {
    begin();
    const char c = peek();
    if (std::size_t prefix = 0; string_prefix(prefix)) return string(prefix);
    if (is_name_start(c)) {
      while (is_name(peek())) advance();
      token_.text = text_.substr(start_, at_ - start_);
      return push(TokenKind::identifier);
    }
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    if (c == '`') return quoted_identifier();
    for (const std::string_view mark : kPunctuation)
      if (text_.substr(at_, mark.size()) == mark) {
        advance(mark.size());
        token_.text = mark;
        return push(TokenKind::punctuation);
      }
    advance_rune();
    out_.dropped = true;
    const std::string instead = instead_of_character(text_.substr(start_, at_ - start_));
    report(
        "this character has no meaning in an expression" + (instead.empty() ? "" : ": " + instead),
        token_.span.begin);
  }

  // Whether a string or bytes literal begins here, after `prefix` letters of r and b.
  bool string_prefix(std::size_t& prefix) const {
    const auto is_quote = [](char c) { return c == '"' || c == '\''; };
    const auto is_raw = [](char c) { return c == 'r' || c == 'R'; };
    const bool bytes = peek() == 'b' || peek() == 'B';
    prefix = bytes ? 1 : 0;
    if (is_raw(peek(prefix))) ++prefix;
    return is_quote(peek(prefix));
  }

  void string(std::size_t prefix) {
    const bool bytes = peek() == 'b' || peek() == 'B';
    const bool raw = prefix == (bytes ? 2u : 1u);
    advance(prefix);
    const char quote = peek();
    const bool triple = peek(1) == quote && peek(2) == quote;
    advance(triple ? 3 : 1);
    while (true) {
      if (done() || (!triple && (peek() == '\n' || peek() == '\r'))) {
        out_.dropped = true;  // what follows was meant to be inside
        report(unclosed(quote), token_.span.begin);
        break;
      }
      if (peek() == quote && (!triple || (peek(1) == quote && peek(2) == quote))) {
        advance(triple ? 3 : 1);
        break;
      }
      character(bytes, raw);
    }
    push(bytes ? TokenKind::bytes : TokenKind::string);
  }

  // A string that a quote inside closed leaves its own closing quote over.
  std::string unclosed(char quote) const {
    for (std::size_t i = 0; i + 1 < out_.tokens.size(); ++i) {
      const Token& text = out_.tokens[i];
      const Token& behind = out_.tokens[i + 1];
      if (quote == '\'' && text.kind == TokenKind::string && behind.kind == TokenKind::identifier &&
          text.span.end == behind.span.begin)
        return "this string is not closed" + std::string(kQuoteInside);
    }
    return "this string is not closed: put " + std::string(1, quote) + " behind it";
  }

  void character(bool bytes, bool raw) {
    if (peek() == '\\') {
      if (!raw) return escape(bytes);
      token_.text.push_back('\\');
      advance();
      return;
    }
    if (peek() == '\r') {  // lines end in \n, however the text was stored
      advance();
      if (peek() == '\n') advance();
      token_.text.push_back('\n');
      return;
    }
    const std::size_t from = at_;
    advance_rune();
    token_.text.append(text_.substr(from, at_ - from));
  }

  void escape(bool bytes) {
    const std::size_t from = point_;
    advance();
    const char c = peek();
    if (const std::optional<char> simple = simple_escape(c)) {
      token_.text.push_back(*simple);
      return advance();
    }
    if (c >= '0' && c <= '3') return code(3, 8, bytes, from);
    if (c == 'x' || c == 'X') return advance(), code(2, 16, bytes, from);
    if (!bytes && c == 'u') return advance(), code(4, 16, false, from);
    if (!bytes && c == 'U') return advance(), code(8, 16, false, from);
    if (!done()) advance_rune();
    report("unknown escape in a string (\\\\ is a backslash, r'…' keeps backslashes)", from);
  }

  void code(int digits, int base, bool bytes, std::size_t from) {
    std::uint32_t value = 0;
    for (int i = 0; i < digits; ++i) {
      const int digit = digit_value(peek());
      if (digit >= base) return report("this escape needs more digits", from);
      value = value * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(digit);
      advance();
    }
    if (bytes) {
      token_.text.push_back(static_cast<char>(value));
    } else if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
      report("this escape is no Unicode character", from);
    } else {
      append_utf8(token_.text, value);
    }
  }

  void quoted_identifier() {
    advance();
    const std::size_t from = at_;
    while (!done() && peek() != '`' && peek() != '\n') advance_rune();
    token_.text = text_.substr(from, at_ - from);
    if (peek() != '`') {
      report("this name in backticks is not closed", token_.span.begin);
    } else {
      advance();
      if (token_.text.empty()) report("a name in backticks must not be empty", token_.span.begin);
    }
    push(TokenKind::quoted_identifier);
  }

  void number() {
    const bool hex = peek() == '0' && (peek(1) == 'x' || peek(1) == 'X');
    if (hex) return hexadecimal();
    bool real = false;
    while (is_digit(peek())) advance();
    if (peek() == '.' && is_digit(peek(1))) {
      real = true;
      advance();
      while (is_digit(peek())) advance();
    }
    if (peek() == 'e' || peek() == 'E') {
      const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
      if (is_digit(peek(1 + sign))) {
        real = true;
        advance(1 + sign);
        while (is_digit(peek())) advance();
      }
    }
    const std::string_view digits = text_.substr(start_, at_ - start_);
    if (!real) return integer(digits, 10);
    read_real(digits);
    bad_tail();
    push(TokenKind::real);
  }

  void hexadecimal() {
    advance(2);
    const std::size_t from = at_;
    while (digit_value(peek()) < 16) advance();
    integer(text_.substr(from, at_ - from), 16);
  }

  void integer(std::string_view digits, int base) {
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), token_.magnitude, base);
    const bool is_unsigned = peek() == 'u' || peek() == 'U';
    if (is_unsigned) advance();
    if (digits.empty()) {
      report("0x needs digits behind it", token_.span.begin);
    } else if (error != std::errc()) {
      report("this number is too large", token_.span.begin);
    }
    bad_tail();
    push(is_unsigned ? TokenKind::unsigned_integer : TokenKind::integer);
  }

  void read_real(std::string_view digits) {
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), token_.real);
    if (error != std::errc::result_out_of_range) return;
    const std::size_t exponent = digits.find_first_of("eE");
    const bool tiny = exponent == std::string_view::npos
                          ? digits[0] == '0' || digits[0] == '.'
                          : digits.substr(exponent + 1).starts_with('-');
    token_.real = 0;
    if (!tiny) report("this number is too large", token_.span.begin);
  }

  // `12ab` is neither a number nor a name.
  void bad_tail() {
    if (!is_name_start(peek())) return;
    while (is_name(peek())) advance();
    report("this is neither a number nor a name", token_.span.begin);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t point_ = 0;  // code points before at_
  std::size_t start_ = 0;
  Token token_;
  Tokens out_;
};

}  // namespace

Tokens tokenize(std::string_view text) { return Lexer(text).run(); }

bool is_keyword(std::string_view word) noexcept {
  return std::find(kKeywords.begin(), kKeywords.end(), word) != kKeywords.end();
}

bool is_reserved(std::string_view word) noexcept {
  return std::find(kReserved.begin(), kReserved.end(), word) != kReserved.end();
}

spec::Diagnostic diagnose(std::string code, std::string message, Span span) {
  spec::Diagnostic made;
  made.span = {span.begin, span.end};
  made.code = std::move(code);
  made.message = std::move(message);
  return made;
}

}  // namespace leat::expr
