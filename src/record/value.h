#pragma once

#include <cstdint>
#include <string_view>

#include "base/check.h"

namespace leat::record {

enum class Type : std::uint8_t {
  absent,  // the field is not there
  null,
  boolean,
  integer,  // int64
  real,     // double
  string,   // UTF-8
  bytes,
  timestamp,  // microseconds since 1970-01-01T00:00:00Z
  duration,   // microseconds
  json,       // a JSON text as it was written: an object, a list, or any token that is only copied
  error,      // the expression failed for this row
};

std::string_view to_string(Type type) noexcept;

// Why a row failed. Lives as long as the process (static tables), so that a row error allocates
// nothing.
struct RowError {
  std::string_view code;     // a stable name: NO_SUCH_FIELD, DIVIDE_BY_ZERO, …
  std::string_view message;  // for people; never payload
};

// One value of one row: 16 bytes, trivially copyable; text is borrowed from the batch's memory or
// static. A value.
class Value {
 public:
  constexpr Value() noexcept = default;
  static constexpr Value null() noexcept { return Value(Type::null); }
  static constexpr Value boolean(bool b) noexcept {
    Value v(Type::boolean);
    v.integer_ = b ? 1 : 0;
    return v;
  }
  static constexpr Value integer(std::int64_t i) noexcept {
    Value v(Type::integer);
    v.integer_ = i;
    return v;
  }
  static constexpr Value real(double d) noexcept {
    Value v(Type::real);
    v.real_ = d;
    return v;
  }
  static constexpr Value timestamp(std::int64_t us) noexcept {
    Value v(Type::timestamp);
    v.integer_ = us;
    return v;
  }
  static constexpr Value duration(std::int64_t us) noexcept {
    Value v(Type::duration);
    v.integer_ = us;
    return v;
  }
  static constexpr Value string(std::string_view s) noexcept { return Value(Type::string, s); }
  static constexpr Value bytes(std::string_view s) noexcept { return Value(Type::bytes, s); }
  static constexpr Value json(std::string_view s) noexcept { return Value(Type::json, s); }
  static constexpr Value error(const RowError& e) noexcept {
    Value v(Type::error);
    v.error_ = &e;
    return v;
  }

  constexpr Type type() const noexcept { return type_; }
  constexpr bool is(Type type) const noexcept { return type_ == type; }
  constexpr bool is_error() const noexcept { return type_ == Type::error; }
  constexpr bool is_missing() const noexcept {
    return type_ == Type::absent || type_ == Type::null;
  }
  // Each requires the type (or one of the types) that it reads.
  constexpr bool as_boolean() const noexcept { return integer_ != 0; }
  constexpr std::int64_t as_integer() const noexcept {
    return integer_;
  }  // integer, timestamp, duration
  constexpr double as_real() const noexcept { return real_; }
  constexpr std::string_view as_text() const noexcept {
    return {text_, size_};
  }  // string, bytes, json
  constexpr const RowError& as_error() const noexcept { return *error_; }

 private:
  constexpr explicit Value(Type type) noexcept : type_(type) {}
  constexpr Value(Type type, std::string_view s) noexcept
      : text_(s.data()), size_(static_cast<std::uint32_t>(s.size())), type_(type) {}

  union {
    std::int64_t integer_ = 0;
    double real_;
    const char* text_;
    const RowError* error_;
  };
  std::uint32_t size_ = 0;
  Type type_ = Type::absent;
};
static_assert(sizeof(Value) == 16);

}  // namespace leat::record
