#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace leat::json {

// A place in a text: line and column from 1, the column in code points. 0 = unknown.
struct Place {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

// `real` is every number whose token has a fraction or exponent, or does not fit int64.
enum class Kind : std::uint8_t { null, boolean, integer, real, string, array, object };

// "null", "a boolean", "an integer", "a number", "a string", "a list", "an object": as messages
// name them.
std::string_view kind_name(Kind kind) noexcept;

struct Member;

// One JSON value with all that is in it, in the order of the text. Immutable. Depth is bounded by
// the parser, so copying and destroying may recurse.
class Value {
 public:
  Value() noexcept;
  Value(const Value&);
  Value(Value&&) noexcept;
  Value& operator=(const Value&);
  Value& operator=(Value&&) noexcept;
  ~Value();

  static Value null(Place place);
  static Value boolean(Place place, bool flag);
  static Value integer(Place place, std::int64_t number, std::string token);
  static Value real(Place place, double number, std::string token);
  static Value string(Place place, std::string text);
  static Value array(Place place, std::vector<Value> elements);
  static Value object(Place place, std::vector<Member> members);

  Kind kind() const noexcept { return static_cast<Kind>(held_.index()); }
  bool is_null() const noexcept { return kind() == Kind::null; }
  bool is_string() const noexcept { return kind() == Kind::string; }
  bool is_array() const noexcept { return kind() == Kind::array; }
  bool is_object() const noexcept { return kind() == Kind::object; }
  // Of the first character of the value.
  Place place() const noexcept { return place_; }

  // Typed access: nothing when the value has another kind.
  std::optional<bool> as_bool() const noexcept;
  // Only tokens without fraction and exponent, and only when T holds the number.
  template <class T = std::int64_t>
  requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) std::optional<T> as_integer()
  const noexcept {
    const auto* held = std::get_if<Integer>(&held_);
    if (held == nullptr || !std::in_range<T>(held->number)) return std::nullopt;
    return static_cast<T>(held->number);
  }
  // Any number.
  std::optional<double> as_double() const noexcept;
  const std::string* as_string() const noexcept { return std::get_if<std::string>(&held_); }
  // The digits as they were written; empty unless a number.
  std::string_view number_token() const noexcept;
  // Empty unless an array.
  std::span<const Value> elements() const noexcept;
  // Empty unless an object.
  std::span<const Member> members() const noexcept;
  // The value of a key (the first of that name); null when there is none or this is no object.
  const Value* find(std::string_view key) const noexcept;
  const Member* find_member(std::string_view key) const noexcept;

 private:
  struct Integer {
    std::int64_t number;
    std::string token;
  };
  struct Real {
    double number;
    std::string token;
  };
  // The order of the alternatives is the order of Kind.
  using Held = std::variant<std::monostate, bool, Integer, Real, std::string, std::vector<Value>,
                            std::vector<Member>>;

  Value(Place place, Held held) noexcept;

  Held held_;
  Place place_;
};

struct Member {
  std::string key;
  Place key_place;
  Value value;
};

// The value at an RFC 6901 pointer ("" is the value itself), or null.
const Value* find_pointer(const Value& root, std::string_view pointer);
// Where a pointer points in the text: of the key when the last part is a key and `at_key`, else of
// the value. Falls back to the nearest enclosing value that exists.
Place place_of(const Value& root, std::string_view pointer, bool at_key = false);

// Extends a pointer by one key (`~` and `/` escaped).
void append_to_pointer(std::string& pointer, std::string_view key);
// `pointer` extended by one key or one index.
std::string pointer_to(std::string_view pointer, std::string_view key);
std::string pointer_to(std::string_view pointer, std::size_t index);

}  // namespace leat::json
