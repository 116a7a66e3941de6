// Values as tests write them, and the checks on texts. Part of leat/plugin_testing.hpp.
#pragma once

#include <leat/wrapper/signature.hpp>

#include <cmath>
#include <ostream>
#include <variant>

namespace leat::testing {

// What a test stops with: a plugin that broke a rule of the ABI, a status, or a test that asks for what is not there.
class Violation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A call that ended with LEAT_FATAL, or a row that failed where the test wanted a value.
class Failed : public std::runtime_error {
 public:
  Failed(int32_t code, const std::string& text) : std::runtime_error(text), code_(code) {}
  int32_t code() const { return code_; }

 private:
  int32_t code_;
};

// A call that ended with LEAT_RETRY.
class Retried : public std::runtime_error {
 public:
  Retried() : std::runtime_error("LEAT_RETRY") {}
};

// One value, or null: Cell(), true, 3, 2.5, "text", Timestamp{…}, Cell::bytes("…"), Cell::json("{}").
class Cell {
 public:
  Cell() = default;
  Cell(std::nullptr_t) {}
  Cell(std::nullopt_t) {}
  Cell(bool value) : type_(LEAT_BOOL), value_(value) {}
  Cell(int value) : Cell(static_cast<int64_t>(value)) {}
  Cell(int64_t value) : type_(LEAT_INT), value_(value) {}
  Cell(double value) : type_(LEAT_DOUBLE), value_(value) {}
  Cell(Timestamp value) : type_(LEAT_TIMESTAMP), value_(value.us) {}
  Cell(const char* value) : Cell(std::string(value)) {}
  Cell(std::string_view value) : Cell(std::string(value)) {}
  Cell(std::string value) : type_(LEAT_STRING), value_(std::move(value)) {}
  static Cell bytes(std::string value) { return Cell(LEAT_BYTES, std::move(value)); }
  static Cell json(std::string text) { return Cell(LEAT_JSON, std::move(text)); }

  bool is_null() const { return type_ == 0; }
  leat_type type() const { return type_; }  // 0: null

  // Throw Violation when the cell is of another type.
  bool as_bool() const { return as<bool>("bool"); }
  int64_t as_int() const { return as<int64_t>("int"); }
  double as_double() const { return as<double>("double"); }
  Timestamp as_timestamp() const { return {as<int64_t>("timestamp")}; }
  const std::string& as_text() const { return as<std::string>("string, bytes or json"); }

  friend bool operator==(const Cell& a, const Cell& b) {
    if (a.type_ != b.type_) return false;
    if (a.type_ == LEAT_DOUBLE) {
      const double x = a.as_double(), y = b.as_double();
      return x == y || (std::isnan(x) && std::isnan(y));
    }
    return a.value_ == b.value_;
  }
  friend bool operator!=(const Cell& a, const Cell& b) { return !(a == b); }
  // Equal, doubles up to a relative difference of 1e-9: sums in another order differ in their last digits.
  bool near(const Cell& other) const {
    if (type_ != LEAT_DOUBLE || other.type_ != LEAT_DOUBLE) return *this == other;
    const double x = as_double(), y = other.as_double();
    return *this == other ||
           std::fabs(x - y) <= 1e-9 * std::fmax(1.0, std::fmax(std::fabs(x), std::fabs(y)));
  }

  friend std::ostream& operator<<(std::ostream& out, const Cell& cell) {
    return out << cell.print();
  }
  std::string print() const {
    switch (type_) {
      case LEAT_BOOL: return as_bool() ? "true" : "false";
      case LEAT_INT: return std::to_string(as_int());
      case LEAT_DOUBLE: return std::to_string(as_double());
      case LEAT_TIMESTAMP: return "timestamp " + std::to_string(as_timestamp().us);
      case LEAT_STRING: return '"' + as_text() + '"';
      case LEAT_BYTES: return "bytes of " + std::to_string(as_text().size());
      case LEAT_JSON: return "json " + as_text();
      default: return "null";
    }
  }

 private:
  Cell(leat_type type, std::string value) : type_(type), value_(std::move(value)) {}
  template <class T>
  const T& as(const char* wanted) const {
    if (const T* value = std::get_if<T>(&value_)) return *value;
    throw Violation("wanted a " + std::string(wanted) + ", it is " + print());
  }

  leat_type type_ = 0;
  std::variant<std::monostate, bool, int64_t, double, std::string> value_;
};

using Row = std::vector<Cell>;

inline std::ostream& operator<<(std::ostream& out, const Row& row) {
  const char* between = "{";
  for (const Cell& cell : row) {
    out << between << cell;
    between = ", ";
  }
  return out << (row.empty() ? "{}" : "}");
}
inline std::ostream& operator<<(std::ostream& out, const std::vector<Row>& rows) {
  for (const Row& row : rows) out << row << ' ';
  return out << (rows.empty() ? "no rows" : "");
}

// A value, or the error of a row.
struct Outcome {
  Cell value;
  int32_t code = 0;  // 0: no error
  std::string error;

  bool failed() const { return code != 0; }
  friend bool operator==(const Outcome& a, const Outcome& b) {
    return a.code == b.code && a.error == b.error && a.value == b.value;
  }
  friend bool operator!=(const Outcome& a, const Outcome& b) { return !(a == b); }
  friend std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
    if (outcome.failed()) return out << "error " << outcome.code << ' ' << outcome.error;
    return out << outcome.value;
  }
};

// A row that a function gave.
struct Emitted {
  Row row;
  uint32_t origin = 0;                // the input row it came from; 0 for timers
  std::optional<int64_t> event_time;  // microseconds, where it has one of its own
  bool from_timer = false;

  friend bool operator==(const Emitted& a, const Emitted& b) {
    return a.row == b.row && a.origin == b.origin && a.event_time == b.event_time &&
           a.from_timer == b.from_timer;
  }
  friend bool operator!=(const Emitted& a, const Emitted& b) { return !(a == b); }
};

namespace detail {

// Whether the text is UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
inline bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto at = [&](size_t k) {
      return k < text.size() ? static_cast<unsigned char>(text[k]) : 0U;
    };
    const unsigned lead = at(i);
    const size_t more = lead < 0x80                    ? 0
                        : lead >= 0xC2 && lead <= 0xDF ? 1
                        : lead >= 0xE0 && lead <= 0xEF ? 2
                                                       : 3;
    if (more == 3 && (lead < 0xF0 || lead > 0xF4)) return false;
    for (size_t k = 1; k <= more; ++k) {
      if ((at(i + k) & 0xC0) != 0x80 || i + k >= text.size()) return false;
    }
    const unsigned second = at(i + 1);
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
        (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) {
      return false;
    }
    i += more + 1;
  }
  return true;
}

// Whether the text is one JSON text (RFC 8259), at most 256 levels deep.
class JsonCheck {
 public:
  static bool valid(std::string_view text) {
    JsonCheck check(text);
    return is_utf8(text) && check.value(0) && (check.space(), check.at_ == text.size());
  }

 private:
  explicit JsonCheck(std::string_view text) : text_(text) {}

  bool value(int depth) {
    space();
    if (depth > 256 || at_ == text_.size()) return false;
    switch (text_[at_]) {
      case '{': return list(depth, '}', true);
      case '[': return list(depth, ']', false);
      case '"': return string();
      default: return word("true") || word("false") || word("null") || number();
    }
  }
  bool list(int depth, char close, bool object) {
    ++at_;
    if (take(close)) return true;
    do {
      if (object && !(space(), string() && take(':'))) return false;
      if (!value(depth + 1)) return false;
    } while (take(','));
    return take(close);
  }
  bool string() {
    if (!here('"')) return false;
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') return ++at_, true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\' && !escape()) return false;
    }
    return false;
  }
  bool escape() {
    ++at_;
    if (at_ >= text_.size()) return false;
    if (text_[at_] != 'u')
      return std::string_view("\"\\/bfnrt").find(text_[at_]) != std::string_view::npos;
    const std::string_view digits = text_.substr(at_ + 1, 4);
    at_ += 4;
    return digits.size() == 4 &&
           digits.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  }
  bool number() {
    if (here('-')) ++at_;
    if (here('0')) {
      ++at_;
    } else if (!digits()) {
      return false;
    }
    if (here('.') && (++at_, !digits())) return false;
    if (!here('e') && !here('E')) return true;
    ++at_;
    if (here('+') || here('-')) ++at_;
    return digits();
  }
  bool digits() {
    const size_t begin = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ > begin;
  }
  bool word(std::string_view wanted) {
    if (text_.substr(at_, wanted.size()) != wanted) return false;
    at_ += wanted.size();
    return true;
  }
  bool here(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool take(char c) { return space(), here(c) && (++at_, true); }
  void space() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace detail
}  // namespace leat::testing
