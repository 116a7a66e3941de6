#include "json/document.h"

#include <charconv>

namespace leat::json {
namespace {

// Takes the first part off a pointer, unescaped. False at its end or when it is no pointer.
bool take_part(std::string_view& pointer, std::string& part) {
  if (pointer.empty() || pointer[0] != '/') return false;
  const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
  part.clear();
  for (std::size_t i = 1; i < end; ++i) {
    if (pointer[i] == '~' && i + 1 < end && (pointer[i + 1] == '0' || pointer[i + 1] == '1')) {
      part += pointer[++i] == '0' ? '~' : '/';
    } else {
      part += pointer[i];
    }
  }
  pointer.remove_prefix(end);
  return true;
}

const Value* element_at(const Value& array, std::string_view index) {
  std::size_t i = 0;
  const auto [end, error] = std::from_chars(index.data(), index.data() + index.size(), i);
  if (error != std::errc() || end != index.data() + index.size()) return nullptr;
  return i < array.elements().size() ? &array.elements()[i] : nullptr;
}

}  // namespace

std::string_view kind_name(Kind kind) noexcept {
  switch (kind) {
    case Kind::null: return "null";
    case Kind::boolean: return "a boolean";
    case Kind::integer: return "an integer";
    case Kind::real: return "a number";
    case Kind::string: return "a string";
    case Kind::array: return "a list";
    case Kind::object: return "an object";
  }
  return "value";
}

// Out of line, where Member is complete.
Value::Value() noexcept = default;
Value::Value(const Value&) = default;
Value::Value(Value&&) noexcept = default;
Value& Value::operator=(const Value&) = default;
Value& Value::operator=(Value&&) noexcept = default;
Value::~Value() = default;
Value::Value(Place place, Held held) noexcept : held_(std::move(held)), place_(place) {}

Value Value::null(Place place) { return Value(place, Held(std::monostate())); }
Value Value::boolean(Place place, bool flag) { return Value(place, Held(flag)); }
Value Value::integer(Place place, std::int64_t number, std::string token) {
  return Value(place, Held(Integer{number, std::move(token)}));
}
Value Value::real(Place place, double number, std::string token) {
  return Value(place, Held(Real{number, std::move(token)}));
}
Value Value::string(Place place, std::string text) { return Value(place, Held(std::move(text))); }
Value Value::array(Place place, std::vector<Value> elements) {
  return Value(place, Held(std::move(elements)));
}
Value Value::object(Place place, std::vector<Member> members) {
  return Value(place, Held(std::move(members)));
}

std::optional<bool> Value::as_bool() const noexcept {
  const auto* held = std::get_if<bool>(&held_);
  return held == nullptr ? std::nullopt : std::optional(*held);
}

std::optional<double> Value::as_double() const noexcept {
  if (const auto* real = std::get_if<Real>(&held_)) return real->number;
  if (const auto* integer = std::get_if<Integer>(&held_))
    return static_cast<double>(integer->number);
  return std::nullopt;
}

std::string_view Value::number_token() const noexcept {
  if (const auto* real = std::get_if<Real>(&held_)) return real->token;
  if (const auto* integer = std::get_if<Integer>(&held_)) return integer->token;
  return {};
}

std::span<const Value> Value::elements() const noexcept {
  const auto* held = std::get_if<std::vector<Value>>(&held_);
  return held == nullptr ? std::span<const Value>() : std::span<const Value>(*held);
}

std::span<const Member> Value::members() const noexcept {
  const auto* held = std::get_if<std::vector<Member>>(&held_);
  return held == nullptr ? std::span<const Member>() : std::span<const Member>(*held);
}

const Member* Value::find_member(std::string_view key) const noexcept {
  for (const Member& member : members())
    if (member.key == key) return &member;
  return nullptr;
}

const Value* Value::find(std::string_view key) const noexcept {
  const Member* member = find_member(key);
  return member == nullptr ? nullptr : &member->value;
}

const Value* find_pointer(const Value& root, std::string_view pointer) {
  const Value* at = &root;
  std::string part;
  while (!pointer.empty()) {
    if (!take_part(pointer, part)) return nullptr;
    at = at->is_array() ? element_at(*at, part) : at->find(part);
    if (at == nullptr) return nullptr;
  }
  return at;
}

Place place_of(const Value& root, std::string_view pointer, bool at_key) {
  const Value* at = &root;
  Place place = root.place();
  std::string part;
  while (take_part(pointer, part)) {
    if (const Member* member = at->find_member(part); member != nullptr) {
      at = &member->value;
      place = at_key && pointer.empty() ? member->key_place : at->place();
    } else if (at = element_at(*at, part); at != nullptr) {
      place = at->place();
    } else {
      break;
    }
  }
  return place;
}

void append_to_pointer(std::string& pointer, std::string_view key) {
  pointer += '/';
  for (const char c : key) {
    if (c == '~')
      pointer += "~0";
    else if (c == '/')
      pointer += "~1";
    else
      pointer += c;
  }
}

std::string pointer_to(std::string_view pointer, std::string_view key) {
  std::string text(pointer);
  append_to_pointer(text, key);
  return text;
}

std::string pointer_to(std::string_view pointer, std::size_t index) {
  return std::string(pointer) + "/" + std::to_string(index);
}

}  // namespace leat::json
