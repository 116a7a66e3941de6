// The "with" object of a step. Part of leat/plugin.hpp.
#pragma once

#include <leat/wrapper/values.hpp>

#include <charconv>
#include <stdexcept>

namespace leat {

// Reads the members of a step's "with" object. Without a default a member is required. Throws std::invalid_argument that
// names the member, which makes the step's start fail with that text. Borrowed: valid in the constructor that takes it.
class With {
 public:
  explicit With(std::string_view json) : json_(json) {}
  // The object that declares slots at registration: required members have the type's zero.
  static With declaring() {
    With with("{}");
    with.declaring_ = true;
    return with;
  }

  std::string_view text() const { return json_; }
  bool has(std::string_view name) const { return find(name).has_value(); }

  int64_t integer(std::string_view name) const {
    return number_of<int64_t>(name, std::nullopt, "an integer");
  }
  int64_t integer(std::string_view name, int64_t otherwise) const {
    return number_of<int64_t>(name, otherwise, "an integer");
  }
  double number(std::string_view name) const {
    return number_of<double>(name, std::nullopt, "a number");
  }
  double number(std::string_view name, double otherwise) const {
    return number_of<double>(name, otherwise, "a number");
  }
  bool boolean(std::string_view name) const { return boolean_of(name, std::nullopt); }
  bool boolean(std::string_view name, bool otherwise) const { return boolean_of(name, otherwise); }
  std::string string(std::string_view name) const { return string_of(name, std::nullopt); }
  std::string string(std::string_view name, std::string otherwise) const {
    return string_of(name, std::move(otherwise));
  }
  // The member's JSON text as it was written; nothing when it is not there.
  std::optional<std::string_view> json(std::string_view name) const { return find(name); }

 private:
  template <class T>
  T number_of(std::string_view name, std::optional<T> otherwise, const char* wanted) const {
    const std::optional<std::string_view> found = present(name, otherwise.has_value(), wanted);
    if (!found) return otherwise.value_or(T{});
    T value{};
    const auto [end, error] = std::from_chars(found->data(), found->data() + found->size(), value);
    if (error != std::errc{} || end != found->data() + found->size()) wrong(name, wanted);
    return value;
  }

  bool boolean_of(std::string_view name, std::optional<bool> otherwise) const {
    const std::optional<std::string_view> found =
        present(name, otherwise.has_value(), "true or false");
    if (!found) return otherwise.value_or(false);
    if (*found != "true" && *found != "false") wrong(name, "true or false");
    return *found == "true";
  }

  std::string string_of(std::string_view name, std::optional<std::string> otherwise) const {
    const std::optional<std::string_view> found = present(name, otherwise.has_value(), "a string");
    if (!found) return otherwise.value_or(std::string());
    if (found->front() != '"') wrong(name, "a string");
    return unescape(found->substr(1, found->size() - 2));
  }

  std::optional<std::string_view> present(std::string_view name, bool has_default,
                                          const char* wanted) const {
    std::optional<std::string_view> found = find(name);
    if (found && *found == "null") found = std::nullopt;
    if (!found && !has_default && !declaring_) {
      throw std::invalid_argument("`with." + std::string(name) + "` is missing: give " + wanted);
    }
    return found;
  }

  [[noreturn]] static void wrong(std::string_view name, const char* wanted) {
    throw std::invalid_argument("`with." + std::string(name) + "` must be " + wanted);
  }

  // The text of a member of the outermost object. The host gives valid JSON.
  std::optional<std::string_view> find(std::string_view name) const {
    size_t at = json_.find('{');
    while (at != std::string_view::npos && at < json_.size()) {
      const size_t key = json_.find('"', at);
      if (key == std::string_view::npos) break;
      const size_t key_end = end_of(key);
      size_t value = json_.find(':', key_end);
      if (value == std::string_view::npos) break;
      value = json_.find_first_not_of(" \t\r\n", value + 1);
      if (value == std::string_view::npos) break;
      const size_t value_end = end_of(value);
      if (unescape(json_.substr(key + 1, key_end - key - 2)) == name)
        return json_.substr(value, value_end - value);
      at = value_end;
    }
    return std::nullopt;
  }

  // Behind the value that begins at `at`.
  size_t end_of(size_t at) const {
    int depth = 0;
    for (; at < json_.size(); ++at) {
      const char c = json_[at];
      if (c == '"') {
        for (++at; at < json_.size() && json_[at] != '"'; ++at) {
          if (json_[at] == '\\') ++at;
        }
        if (depth == 0) return at < json_.size() ? at + 1 : json_.size();
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if (c == '}' || c == ']') {
        if (depth == 0) return at;
        if (--depth == 0) return at + 1;
      } else if (depth == 0 && (c == ',' || c == ' ' || c == '\n' || c == '\t' || c == '\r')) {
        return at;
      }
    }
    return at;
  }

  static std::string unescape(std::string_view text) {
    std::string plain;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '\\' || i + 1 == text.size()) {
        plain += text[i];
        continue;
      }
      const char c = text[++i];
      constexpr std::string_view from = "bfnrt", to = "\b\f\n\r\t";
      if (c == 'u') {
        append_utf8(plain, code_point(text, i));
      } else if (const size_t known = from.find(c); known != std::string_view::npos) {
        plain += to[known];
      } else {
        plain += c;
      }
    }
    return plain;
  }

  // Of the four digits behind `i`, and of a second half; moves `i` to the last digit.
  static uint32_t code_point(std::string_view text, size_t& i) {
    const auto unit = [&](size_t at) {
      uint32_t value = 0;
      const std::string_view digits = text.substr(at < text.size() ? at : text.size(), 4);
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
      return value;
    };
    const uint32_t first = unit(i + 1);
    i += 4;
    if (first < 0xD800 || first > 0xDBFF ||
        text.substr(i + 1 < text.size() ? i + 1 : text.size(), 2) != "\\u")
      return first;
    const uint32_t second = unit(i + 3);
    i += 6;
    return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
  }

  static void append_utf8(std::string& out, uint32_t code) {
    const auto byte = [&](uint32_t value) { out += static_cast<char>(value); };
    if (code < 0x80) return byte(code);
    if (code < 0x800) {
      byte(0xC0 | code >> 6);
    } else if (code < 0x10000) {
      byte(0xE0 | code >> 12);
      byte(0x80 | (code >> 6 & 0x3F));
    } else {
      byte(0xF0 | code >> 18);
      byte(0x80 | (code >> 12 & 0x3F));
      byte(0x80 | (code >> 6 & 0x3F));
    }
    byte(0x80 | (code & 0x3F));
  }

  std::string_view json_;
  bool declaring_ = false;
};

}  // namespace leat
