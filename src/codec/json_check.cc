#include "codec/json_check.h"

#include <vector>

#include "codec/json_text.h"
#include "codec/row_errors.h"

namespace leat::codec {

using record::RowError;

namespace {

// Which of the open brackets are braces. The innermost 64 lie in one word.
class Brackets {
 public:
  bool empty() const noexcept { return count_ == 0; }
  bool object() const noexcept { return (word_ & 1) != 0; }
  void push(bool object) {
    if (count_ != 0 && count_ % 64 == 0) outer_.push_back(word_);
    word_ = word_ << 1 | (object ? 1 : 0);
    ++count_;
  }
  void pop() noexcept {
    word_ >>= 1;
    if (--count_ == 0 || count_ % 64 != 0) return;
    word_ = outer_.back();
    outer_.pop_back();
  }

 private:
  std::uint64_t word_ = 0;
  std::size_t count_ = 0;
  std::vector<std::uint64_t> outer_;
};

class Check {
 public:
  Check(const ScannedText& text, Cursor& cursor) noexcept : text_(text), cursor_(cursor) {}

  const RowError* run(std::uint32_t& end) {
    for (;;) {
      if (const RowError* error = opening()) return error;
      if (opened_) continue;
      if (const RowError* error = closing()) return error;
      if (brackets_.empty()) break;
    }
    end = end_;
    return nullptr;
  }

 private:
  // A scalar, `{}`, `[]`, or a bracket with the name of its first member.
  const RowError* opening() {
    opened_ = false;
    if (cursor_.done()) return &kMalformedJson;
    const char first = cursor_.peek();
    if (first != '{' && first != '[') {
      const std::uint32_t begin = cursor_.position();
      end_ = cursor_.scalar_end();
      cursor_.advance();
      return check_scalar({text_.base + begin, end_ - begin}, text_.escapes);
    }
    const bool object = first == '{';
    cursor_.advance();
    if (cursor_.done()) return &kMalformedJson;
    if (cursor_.peek() == (object ? '}' : ']')) {
      close();
      return nullptr;
    }
    brackets_.push(object);
    opened_ = true;
    return object ? name() : nullptr;
  }

  // What stands behind a value: the brackets that close, or a comma and the next member's name.
  const RowError* closing() {
    while (!brackets_.empty()) {
      if (cursor_.done()) return &kMalformedJson;
      const char next = cursor_.peek();
      if (next == ',') {
        cursor_.advance();
        return brackets_.object() ? name() : nullptr;
      }
      if (next != (brackets_.object() ? '}' : ']')) return &kMalformedJson;
      close();
      brackets_.pop();
    }
    return nullptr;
  }

  void close() noexcept {
    end_ = cursor_.position() + 1;
    cursor_.advance();
  }

  const RowError* name() {
    if (cursor_.done() || cursor_.peek() != '"' || cursor_.peek(1) != ':') return &kMalformedJson;
    if (text_.escapes) {
      const std::uint32_t begin = cursor_.position();
      const std::uint32_t end = cursor_.scalar_end();
      if (const RowError* error = check_scalar({text_.base + begin, end - begin}, true))
        return error;
    }
    cursor_.advance(2);
    return nullptr;
  }

  const ScannedText& text_;
  Cursor& cursor_;
  Brackets brackets_;
  bool opened_ = false;
  std::uint32_t end_ = 0;
};

}  // namespace

const RowError* check_scalar(std::string_view token, bool escapes) noexcept {
  const auto spelled = [token](std::string_view word) {
    return token == word ? nullptr : &kMalformedJson;
  };
  switch (kind_of(token.front())) {
    case Kind::string:
      if (token.size() < 2 || token.back() != '"') return &kMalformedJson;
      return escapes ? check_escapes(token.substr(1, token.size() - 2)) : nullptr;
    case Kind::number: return is_number(token) ? nullptr : &kInvalidNumber;
    case Kind::true_word: return spelled("true");
    case Kind::false_word: return spelled("false");
    case Kind::null_word: return spelled("null");
    case Kind::object:
    case Kind::list:
    case Kind::bad: break;
  }
  return &kMalformedJson;
}

const RowError* check_value(const ScannedText& text, Cursor& cursor, std::uint32_t& end) {
  return Check(text, cursor).run(end);
}

}  // namespace leat::codec
