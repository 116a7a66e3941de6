#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "json/document.h"

namespace leat::json {

// Writes JSON from left to right into a string: commas, quotes and escapes are its business, the
// order of calls is the caller's (checked in builds with LEAT_CHECKS). Invalid UTF-8 becomes
// U+FFFD. Thread-confined.
class Writer {
 public:
  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();
  Writer& key(std::string_view name);

  Writer& value(std::string_view text);
  Writer& value(const char* text) { return value(std::string_view(text)); }
  Writer& value(const std::string& text) { return value(std::string_view(text)); }
  template <std::same_as<bool> T>
  Writer& value(T flag) {
    return write_bool(flag);
  }
  template <class T>
  requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) Writer& value(T number) {
    if constexpr (std::is_signed_v<T>)
      return write_integer(number);
    else
      return write_unsigned(number);
  }
  // The shortest text that reads back the same, always with a fraction or exponent; null when not
  // finite.
  Writer& value(double number);
  Writer& value(const Value& tree);
  // Nothing becomes null.
  template <class T>
  Writer& value(const std::optional<T>& maybe) {
    return maybe ? value(*maybe) : null();
  }
  Writer& null();
  // JSON that somebody else wrote; not checked.
  Writer& raw(std::string_view json);

  // `"name": value`
  template <class T>
  Writer& member(std::string_view name, const T& what) {
    return key(name).value(what);
  }
  Writer& member(std::string_view name, const char* text) {
    return key(name).value(std::string_view(text));
  }
  Writer& member_raw(std::string_view name, std::string_view json) { return key(name).raw(json); }
  Writer& member_null(std::string_view name) { return key(name).null(); }

  const std::string& text() const noexcept { return out_; }
  // Hands over what was written and starts anew.
  std::string take();

 private:
  Writer& write_bool(bool flag);
  Writer& write_integer(std::int64_t number);
  Writer& write_unsigned(std::uint64_t number);
  void before_value();
  void open(char bracket);
  void close(char bracket);

  std::string out_;
  std::string open_;    // the brackets not yet closed
  bool comma_ = false;  // something stands before in this object or array
  bool after_key_ = false;
};

// Appends a string with its quotes.
void append_quoted(std::string& out, std::string_view text);
// Appends a finite double as Writer writes it.
void append_double(std::string& out, double number);

// Without white space; numbers keep their tokens.
std::string to_text(const Value& value);
// Two spaces an indentation, one member or element a line; empty ones as `{}` and `[]`. No line end
// after the last line.
std::string pretty(const Value& value);

}  // namespace leat::json
