#pragma once

#include <cstdint>
#include <span>
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
  timestamp,  // microseconds since 1970-01-01T00:00:00Z, and nanoseconds beyond them
  duration,   // microseconds, and nanoseconds beyond them
  json,       // a JSON text as it was written: an object, a list, or any token that is only copied
  unsigned_integer,  // uint64
  list,              // computed: its items
  map,               // computed: its entries in the order they were made, keys all different
  type_name,  // the type of a value, as CEL names it: "int", "google.protobuf.Timestamp", …
  optional,   // a value, or none
  error,      // the expression failed for this row
};
inline constexpr std::size_t kTypes = 16;

std::string_view to_string(Type type) noexcept;

// Why a row failed. Lives as long as the process (static tables), so that a row error allocates
// nothing.
struct RowError {
  std::string_view code;     // a stable name: NO_SUCH_FIELD, DIVIDE_BY_ZERO, …
  std::string_view message;  // for people; never payload
};

struct Entry;

// One value of one row: 16 bytes, trivially copyable; text, items and entries are borrowed from the
// batch's memory or static. A value.
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
  static constexpr Value unsigned_integer(std::uint64_t u) noexcept {
    Value v(Type::unsigned_integer);
    v.integer_ = static_cast<std::int64_t>(u);
    return v;
  }
  // us + nanos: floor microseconds and 0 … 999 nanoseconds beyond them, also before 1970 and for
  // negative durations.
  static constexpr Value timestamp(std::int64_t us, std::uint32_t nanos = 0) noexcept {
    Value v(Type::timestamp);
    v.integer_ = us;
    v.size_ = nanos;
    return v;
  }
  static constexpr Value duration(std::int64_t us, std::uint32_t nanos = 0) noexcept {
    Value v(Type::duration);
    v.integer_ = us;
    v.size_ = nanos;
    return v;
  }
  static constexpr Value string(std::string_view s) noexcept { return Value(Type::string, s); }
  static constexpr Value bytes(std::string_view s) noexcept { return Value(Type::bytes, s); }
  static constexpr Value json(std::string_view s) noexcept { return Value(Type::json, s); }
  static constexpr Value list(std::span<const Value> items) noexcept {
    Value v(Type::list);
    v.items_ = items.data();
    v.size_ = static_cast<std::uint32_t>(items.size());
    return v;
  }
  static constexpr Value map(const Entry* entries, std::size_t count) noexcept {
    Value v(Type::map);
    v.entries_ = entries;
    v.size_ = static_cast<std::uint32_t>(count);
    return v;
  }
  // `name` lives as long as the process.
  static constexpr Value type_name(std::string_view name) noexcept {
    return Value(Type::type_name, name);
  }
  // nullptr = none.
  static constexpr Value optional(const Value* value) noexcept {
    Value v(Type::optional);
    v.items_ = value;
    return v;
  }
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
  constexpr std::uint64_t as_unsigned() const noexcept {
    return static_cast<std::uint64_t>(integer_);
  }
  constexpr std::uint32_t as_nanos() const noexcept { return size_; }  // timestamp, duration
  constexpr double as_real() const noexcept { return real_; }
  constexpr std::string_view as_text() const noexcept {
    return {text_, size_};
  }  // string, bytes, json, type_name
  constexpr std::span<const Value> as_items() const noexcept { return {items_, size_}; }
  std::span<const Entry> as_entries() const noexcept;
  constexpr const Value* as_optional() const noexcept { return items_; }  // nullptr = none
  constexpr const RowError& as_error() const noexcept { return *error_; }

 private:
  constexpr explicit Value(Type type) noexcept : type_(type) {}
  constexpr Value(Type type, std::string_view s) noexcept
      : text_(s.data()), size_(static_cast<std::uint32_t>(s.size())), type_(type) {}

  union {
    std::int64_t integer_ = 0;
    double real_;
    const char* text_;
    const Value* items_;
    const Entry* entries_;
    const RowError* error_;
  };
  std::uint32_t size_ = 0;
  Type type_ = Type::absent;
};
static_assert(sizeof(Value) == 16);

// One entry of a map.
struct Entry {
  Value key;  // boolean, integer, unsigned_integer or string
  Value value;
};

inline std::span<const Entry> Value::as_entries() const noexcept { return {entries_, size_}; }

}  // namespace leat::record
