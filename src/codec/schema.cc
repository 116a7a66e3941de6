#include "codec/schema.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "codec/json_check.h"
#include "codec/json_text.h"
#include "codec/row_errors.h"
#include "spec/time.h"

namespace leat::codec {

using record::Entry;
using record::RowError;
using record::Value;
using spec::SchemaType;
using SchemaKind = spec::SchemaType::Kind;

namespace {

const SchemaType* member_of(const SchemaType& type, std::string_view name) noexcept {
  for (const auto& [known, member] : type.members)
    if (known == name) return &member;
  return nullptr;
}

// Milliseconds since 1970 as a timestamp.
const RowError* from_milliseconds(std::int64_t ms, Value& out) noexcept {
  std::int64_t us = 0;
  if (__builtin_mul_overflow(ms, std::int64_t{1000}, &us)) return &kTypeMismatch;
  out = Value::timestamp(us);
  return nullptr;
}

const RowError* read_time(std::string_view text, Value& out) noexcept {
  std::uint32_t nanos = 0;
  const std::optional<WallTime> time = spec::parse_rfc3339(text, nanos);
  if (!time) return &kTypeMismatch;
  out = Value::timestamp(time->us, nanos);
  return nullptr;
}

const RowError* read_bytes(std::string_view text, base::Arena& arena, Value& out) {
  std::string_view bytes;
  if (!read_base64(text, arena, bytes)) return &kTypeMismatch;
  out = Value::bytes(bytes);
  return nullptr;
}

const RowError* read_typed_number(SchemaKind kind, std::string_view token, Value& out) {
  Value number;
  if (const RowError* error = read_number(token, number))
    return error == &kNumberOutOfRange ? error : &kTypeMismatch;
  const bool integral = token.find_first_of(".eE") == std::string_view::npos;
  switch (kind) {
    case SchemaKind::integer:
      if (!integral) return &kTypeMismatch;
      if (!number.is(record::Type::integer)) return &kNumberOutOfRange;
      out = number;
      return nullptr;
    case SchemaKind::real:
      out = number.is(record::Type::integer) ? Value::real(static_cast<double>(number.as_integer()))
                                             : number;
      return nullptr;
    case SchemaKind::timestamp:
      return number.is(record::Type::integer) && integral
                 ? from_milliseconds(number.as_integer(), out)
                 : &kTypeMismatch;
    default: return &kTypeMismatch;
  }
}

}  // namespace

std::shared_ptr<const SchemaType> row_type(const spec::SchemaSpec& schema) {
  auto type = std::make_shared<SchemaType>();
  type->kind = SchemaKind::object;
  type->members = schema.fields;
  return type;
}

const SchemaType* type_at(const SchemaType* type, std::span<const std::string> path) noexcept {
  for (const std::string& name : path) {
    if (type == nullptr) return nullptr;
    switch (type->kind) {
      case SchemaKind::object: type = member_of(*type, name); break;
      case SchemaKind::map: type = type->element.get(); break;
      default: return nullptr;
    }
  }
  return type;
}

bool converts(const SchemaType& type) noexcept {
  switch (type.kind) {
    case SchemaKind::real:
    case SchemaKind::bytes:
    case SchemaKind::timestamp: return true;
    case SchemaKind::list:
    case SchemaKind::map: return type.element != nullptr && converts(*type.element);
    case SchemaKind::object:
      return std::any_of(type.members.begin(), type.members.end(),
                         [](const auto& member) { return converts(member.type); });
    case SchemaKind::boolean:
    case SchemaKind::integer:
    case SchemaKind::string:
    case SchemaKind::json: break;
  }
  return false;
}

const RowError* read_scalar(const SchemaType& type, std::string_view text, base::Arena& arena,
                            Value& out) {
  switch (type.kind) {
    case SchemaKind::boolean:
      if (text != "true" && text != "false") return &kTypeMismatch;
      out = Value::boolean(text == "true");
      return nullptr;
    case SchemaKind::integer:
    case SchemaKind::real: return read_typed_number(type.kind, text, out);
    case SchemaKind::timestamp:
      return is_number(text) ? read_typed_number(type.kind, text, out) : read_time(text, out);
    default: return read_quoted(type, text, arena, out);
  }
}

const RowError* read_quoted(const SchemaType& type, std::string_view text, base::Arena& arena,
                            Value& out) {
  switch (type.kind) {
    case SchemaKind::string:
    case SchemaKind::json: out = Value::string(text); return nullptr;
    case SchemaKind::bytes: return read_bytes(text, arena, out);
    case SchemaKind::timestamp: return read_time(text, out);
    default: return &kTypeMismatch;
  }
}

const RowError* TypedReader::text_inside(std::string_view token, std::string_view& out) const {
  if (token.size() < 2 || token.back() != '"') return &kMalformedJson;
  out = token.substr(1, token.size() - 2);
  if (!text_.escapes || out.find('\\') == std::string_view::npos) return nullptr;
  return unescape(out, arena_, out);
}

const RowError* TypedReader::scalar(const SchemaType& type, std::string_view token, Value* out) {
  Value ignored;
  Value& value = out != nullptr ? *out : ignored;
  switch (kind_of(token.front())) {
    case Kind::string: {
      std::string_view inside;
      if (const RowError* error = text_inside(token, inside)) return error;
      return read_quoted(type, inside, arena_, value);
    }
    case Kind::number:
      if (type.kind == SchemaKind::json) return read_number(token, value);
      return read_typed_number(type.kind, token, value);
    case Kind::true_word:
    case Kind::false_word:
      if (token != "true" && token != "false") return &kMalformedJson;
      if (type.kind != SchemaKind::boolean && type.kind != SchemaKind::json) return &kTypeMismatch;
      value = Value::boolean(token == "true");
      return nullptr;
    case Kind::null_word:
      if (token != "null") return &kMalformedJson;
      value = Value::null();
      return type.required ? &kMissingField : nullptr;
    case Kind::object:
    case Kind::list:
    case Kind::bad: break;
  }
  return &kMalformedJson;
}

const RowError* TypedReader::read(const SchemaType& type, Cursor& cursor, Value* out, int depth) {
  const RowError* const error = read_any(type, cursor, out, depth);
  return error == nullptr ? nullptr : errors_.named(type, error);
}

const RowError* TypedReader::read_any(const SchemaType& type, Cursor& cursor, Value* out,
                                      int depth) {
  if (depth > kDepthMax) return &kTooDeep;
  if (cursor.done()) return &kMalformedJson;
  const char first = cursor.peek();
  const std::uint32_t begin = cursor.position();
  if (first != '{' && first != '[') {
    if (kind_of(first) == Kind::bad) return &kMalformedJson;
    const std::string_view token{text_.base + begin, cursor.scalar_end() - begin};
    cursor.advance();
    return scalar(type, token, out);
  }
  std::uint32_t end = 0;
  if (type.kind == SchemaKind::json) {
    if (const RowError* error = check_value(text_, cursor, end)) return error;
    if (out != nullptr) *out = Value::json({text_.base + begin, end - begin});
    return nullptr;
  }
  const bool is_list = first == '[';
  if (is_list ? type.kind != SchemaKind::list
              : type.kind != SchemaKind::object && type.kind != SchemaKind::map)
    return &kTypeMismatch;
  Value* const made = out != nullptr && converts(type) ? out : nullptr;
  if (const RowError* error = is_list ? list(*type.element, cursor, made, depth + 1)
                                      : object(type, cursor, made, depth + 1))
    return error;
  end = *(cursor.token() - 1) + 1;
  if (out != nullptr && made == nullptr) *out = Value::json({text_.base + begin, end - begin});
  return nullptr;
}

const RowError* TypedReader::list(const SchemaType& element, Cursor& cursor, Value* out,
                                  int depth) {
  std::vector<Value> items;
  cursor.advance();
  if (cursor.peek() != ']') {
    for (;;) {
      Value item;
      if (const RowError* error = read(element, cursor, out != nullptr ? &item : nullptr, depth))
        return error;
      if (out != nullptr) items.push_back(item);
      if (cursor.done()) return &kMalformedJson;
      const char next = cursor.peek();
      cursor.advance();
      if (next == ']') break;
      if (next != ',') return &kMalformedJson;
    }
  } else {
    cursor.advance();
  }
  if (out == nullptr) return nullptr;
  const std::span<Value> kept = arena_.array<Value>(items.size());
  std::copy(items.begin(), items.end(), kept.begin());
  *out = Value::list(kept);
  return nullptr;
}

const RowError* TypedReader::object(const SchemaType& type, Cursor& cursor, Value* out, int depth) {
  static const SchemaType kAny;
  std::vector<Entry> entries;
  std::unordered_set<std::string_view> names;
  std::vector<const SchemaType*> seen;
  cursor.advance();
  if (cursor.peek() == '}') {
    cursor.advance();
  } else {
    for (;;) {
      if (cursor.peek() != '"' || cursor.peek(1) != ':') return &kMalformedJson;
      const std::uint32_t at = cursor.position();
      std::string_view name;
      if (const RowError* error = text_inside({text_.base + at, cursor.scalar_end() - at}, name))
        return error;
      cursor.advance(2);
      const SchemaType* member =
          type.kind == SchemaKind::map ? type.element.get() : member_of(type, name);
      Value value;
      if (const RowError* error = read(member != nullptr ? *member : kAny, cursor,
                                       out != nullptr ? &value : nullptr, depth))
        return error;
      if (member != nullptr && member->required) seen.push_back(member);
      if (out != nullptr && names.insert(name).second)
        entries.push_back({Value::string(name), value});
      if (cursor.done()) return &kMalformedJson;
      const char next = cursor.peek();
      cursor.advance();
      if (next == '}') break;
      if (next != ',') return &kMalformedJson;
    }
  }
  for (const auto& [name, member] : type.members)
    if (member.required && std::find(seen.begin(), seen.end(), &member) == seen.end())
      return errors_.named(member, &kMissingField);
  if (out == nullptr) return nullptr;
  const std::span<Entry> kept = arena_.array<Entry>(entries.size());
  std::copy(entries.begin(), entries.end(), kept.begin());
  *out = Value::map(kept.data(), kept.size());
  return nullptr;
}

}  // namespace leat::codec
