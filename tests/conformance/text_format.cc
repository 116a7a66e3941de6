#include "conformance/text_format.h"

#include <algorithm>
#include <cstdint>

namespace leat::conformance {
namespace {

constexpr int kDepthMax = 64;

void append_utf8(std::string& out, std::uint32_t code) {
  const auto byte = [&out](std::uint32_t bits) { out.push_back(static_cast<char>(bits)); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      byte(0xE0 | code >> 12);
    } else {
      byte(0xF0 | code >> 18);
      byte(0x80 | (code >> 12 & 0x3F));
    }
    byte(0x80 | (code >> 6 & 0x3F));
  }
  byte(0x80 | (code & 0x3F));
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

bool is_word(char c) {
  return digit_of(c) < 10 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<Message> run() {
    Message all;
    fields(all, '\0');
    if (failed_) return Status(Code::invalid_argument, failure_).with("line", failure_line_);
    return all;
  }

 private:
  std::string line() const {
    const auto end = text_.begin() + static_cast<std::ptrdiff_t>(std::min(at_, text_.size()));
    return std::to_string(1 + std::count(text_.begin(), end, '\n'));
  }
  void fail(std::string message) {
    if (failed_) return;
    failed_ = true;
    failure_ = std::move(message);
    failure_line_ = line();
  }
  void skip_space() {
    while (at_ < text_.size()) {
      if (text_[at_] == '#')
        at_ = std::min(text_.find('\n', at_), text_.size());
      else if (std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
        ++at_;
      else
        break;
    }
  }
  // The next character that means something; 0 at the end.
  char peek() {
    skip_space();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(char mark) {
    if (peek() != mark) return false;
    ++at_;
    return true;
  }

  void fields(Message& out, char end) {
    if (++depth_ > kDepthMax) fail("messages are nested too deep");
    while (!failed_) {
      const char next = peek();
      if (next == end) {
        if (end != '\0') ++at_;
        break;
      }
      if (next == '\0') {
        fail("the file ends inside a message");
      } else {
        field(out);
        if (!accept(',')) accept(';');
      }
    }
    --depth_;
  }

  void field(Message& out) {
    const std::string name = field_name();
    const bool colon = accept(':');
    if (failed_) return;
    if (peek() != '[') return value(out, name, colon);
    ++at_;
    if (accept(']')) return;
    do value(out, name, true);
    while (!failed_ && accept(','));
    if (!accept(']')) fail("expected `]` behind a list");
  }

  std::string field_name() {
    if (peek() != '[') return word("a field name");
    const std::size_t end = text_.find(']', at_);
    if (end == std::string_view::npos) {
      fail("expected `]` behind the name of a type");
      return {};
    }
    const std::string name(text_.substr(at_, end + 1 - at_));
    at_ = end + 1;
    return name;
  }

  std::string word(std::string_view what) {
    skip_space();
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    if (at_ == begin) fail("expected " + std::string(what));
    return std::string(text_.substr(begin, at_ - begin));
  }

  void value(Message& out, const std::string& name, bool colon) {
    Field made;
    made.name = name;
    const char next = peek();
    if (next == '{' || next == '<') {
      ++at_;
      made.is_message = true;
      fields(made.message, next == '{' ? '}' : '>');
    } else if (!colon) {
      fail("expected `:` or `{` behind " + name);
    } else if (next == '"' || next == '\'') {
      while (!failed_ && (peek() == '"' || peek() == '\'')) quoted(made.scalar);
    } else {
      made.scalar = number_or_word();
    }
    out.fields.push_back(std::move(made));
  }

  std::string number_or_word() {
    const std::size_t begin = at_;
    const std::string_view more = "+-.";
    while (at_ < text_.size() &&
           (is_word(text_[at_]) || more.find(text_[at_]) != std::string_view::npos))
      ++at_;
    if (at_ == begin) fail("expected a value");
    return std::string(text_.substr(begin, at_ - begin));
  }

  void quoted(std::string& out) {
    const char quote = text_[at_++];
    while (at_ < text_.size() && text_[at_] != '\n') {
      const char c = text_[at_++];
      if (c == quote) return;
      if (c == '\\' && at_ < text_.size())
        escape(out);
      else
        out.push_back(c);
    }
    fail("a string does not end on its line");
  }

  void escape(std::string& out) {
    constexpr std::string_view kNames = "abfnrtv\\'\"?";
    constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\'\"?";
    const char c = text_[at_++];
    if (const std::size_t simple = kNames.find(c); simple != std::string_view::npos)
      return out.push_back(kMeanings[simple]);
    if (c == 'x' || c == 'X') return out.push_back(static_cast<char>(digits(16, 2)));
    if (c == 'u') return append_utf8(out, digits(16, 4));
    if (c == 'U') return append_utf8(out, digits(16, 8));
    --at_;
    if (digit_of(c) < 8) return out.push_back(static_cast<char>(digits(8, 3)));
    fail("an unknown escape in a string");
  }

  std::uint32_t digits(int base, int most) {
    std::uint32_t value = 0;
    int read = 0;
    for (; read < most && at_ < text_.size() && digit_of(text_[at_]) < base; ++read, ++at_)
      value = value * static_cast<std::uint32_t>(base) +
              static_cast<std::uint32_t>(digit_of(text_[at_]));
    if (read == 0) fail("an escape without digits in a string");
    return value;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool failed_ = false;
  std::string failure_;
  std::string failure_line_;
};

}  // namespace

const Field* Message::find(std::string_view name) const noexcept {
  for (const Field& field : fields)
    if (field.name == name) return &field;
  return nullptr;
}

std::vector<const Field*> Message::all(std::string_view name) const {
  std::vector<const Field*> found;
  for (const Field& field : fields)
    if (field.name == name) found.push_back(&field);
  return found;
}

std::string_view Message::text(std::string_view name) const noexcept {
  const Field* field = find(name);
  return field == nullptr ? std::string_view() : std::string_view(field->scalar);
}

const Message& Message::in(std::string_view name) const noexcept {
  static const Message kEmpty;
  const Field* field = find(name);
  return field == nullptr ? kEmpty : field->message;
}

Result<Message> parse_text_format(std::string_view text) { return Reader(text).run(); }

}  // namespace leat::conformance
