#include "operators/aggregates/packed.h"

#include <algorithm>
#include <bit>

namespace leat::operators {
namespace {

using record::Entry;
using record::Type;
using record::Value;

// The byte in front of a value. Part of the form on disk: numbers stay as they are.
enum Tag : std::uint8_t {
  tag_absent = 0,
  tag_null = 1,
  tag_false = 2,
  tag_true = 3,
  tag_integer = 4,
  tag_unsigned = 5,
  tag_real = 6,
  tag_string = 7,
  tag_bytes = 8,
  tag_timestamp = 9,
  tag_duration = 10,
  tag_json = 11,
  tag_list = 12,
  tag_map = 13,
  tag_type_name = 14,
  tag_none = 15,
  tag_some = 16,
};

void put_tag(Tag tag, std::string& out) { out.push_back(static_cast<char>(tag)); }

void put_tagged_text(Tag tag, const Value& value, std::string& out) {
  put_tag(tag, out);
  put_text(value.as_text(), out);
}

void put_time(Tag tag, const Value& value, std::string& out) {
  put_tag(tag, out);
  put_signed(value.as_integer(), out);
  put_varint(value.as_nanos(), out);
}

void put_list(const Value& value, std::string& out) {
  put_tag(tag_list, out);
  put_varint(value.as_items().size(), out);
  for (const Value& item : value.as_items()) put_value(item, out);
}

void put_map(const Value& value, std::string& out) {
  put_tag(tag_map, out);
  put_varint(value.as_entries().size(), out);
  for (const Entry& entry : value.as_entries()) {
    put_value(entry.key, out);
    put_value(entry.value, out);
  }
}

void put_optional(const Value& value, std::string& out) {
  if (value.as_optional() == nullptr) return put_tag(tag_none, out);
  put_tag(tag_some, out);
  put_value(*value.as_optional(), out);
}

Value in_arena(const Value& value, base::Arena& arena) {
  switch (value.type()) {
    case Type::string: return Value::string(arena.copy(value.as_text()));
    case Type::bytes: return Value::bytes(arena.copy(value.as_text()));
    case Type::json: return Value::json(arena.copy(value.as_text()));
    default: return value;
  }
}

}  // namespace

void put_varint(std::uint64_t number, std::string& out) {
  if (number < 0x80) return out.push_back(static_cast<char>(number));
  char bytes[kVarintMax];
  out.append(bytes, static_cast<std::size_t>(put_varint(number, bytes) - bytes));
}

void put_signed(std::int64_t number, std::string& out) {
  char bytes[kVarintMax];
  out.append(bytes, static_cast<std::size_t>(put_signed(number, bytes) - bytes));
}

void put_signed_wide(SignedWide number, std::string& out) {
  Wide left = (static_cast<Wide>(number) << 1) ^ static_cast<Wide>(number >> 127);
  if (left <= ~std::uint64_t{0}) return put_varint(static_cast<std::uint64_t>(left), out);
  for (; left >= 0x80; left >>= 7)
    out.push_back(static_cast<char>(static_cast<std::uint8_t>(left) | 0x80));
  out.push_back(static_cast<char>(left));
}

void put_word(std::uint64_t word, std::string& out) {
  char bytes[8];
  put_word(word, bytes);
  out.append(bytes, sizeof(bytes));
}

void put_text(std::string_view text, std::string& out) {
  put_varint(text.size(), out);
  out.append(text);
}

void put_value(const Value& value, std::string& out) {
  switch (value.type()) {
    case Type::absent: return put_tag(tag_absent, out);
    case Type::null:
    case Type::error: return put_tag(tag_null, out);
    case Type::boolean: return put_tag(value.as_boolean() ? tag_true : tag_false, out);
    case Type::integer: put_tag(tag_integer, out); return put_signed(value.as_integer(), out);
    case Type::unsigned_integer:
      put_tag(tag_unsigned, out);
      return put_varint(value.as_unsigned(), out);
    case Type::real:
      put_tag(tag_real, out);
      return put_word(std::bit_cast<std::uint64_t>(value.as_real()), out);
    case Type::string: return put_tagged_text(tag_string, value, out);
    case Type::bytes: return put_tagged_text(tag_bytes, value, out);
    case Type::json: return put_tagged_text(tag_json, value, out);
    case Type::type_name: return put_tagged_text(tag_type_name, value, out);
    case Type::timestamp: return put_time(tag_timestamp, value, out);
    case Type::duration: return put_time(tag_duration, value, out);
    case Type::list: return put_list(value, out);
    case Type::map: return put_map(value, out);
    case Type::optional: return put_optional(value, out);
  }
}

bool nests_too_deep(const Value& value, int depth) noexcept {
  if (depth == 0) return true;
  const auto item_does = [depth](const Value& item) { return nests_too_deep(item, depth - 1); };
  const auto entry_does = [&](const Entry& entry) {
    return item_does(entry.key) || item_does(entry.value);
  };
  switch (value.type()) {
    case Type::list:
      return std::any_of(value.as_items().begin(), value.as_items().end(), item_does);
    case Type::map:
      return std::any_of(value.as_entries().begin(), value.as_entries().end(), entry_does);
    case Type::optional: return value.as_optional() != nullptr && item_does(*value.as_optional());
    default: return false;
  }
}

void Unpacker::fail() noexcept {
  ok_ = false;
  bytes_ = {};
}

std::uint8_t Unpacker::byte() noexcept {
  if (bytes_.empty()) {
    fail();
    return 0;
  }
  const auto first = static_cast<std::uint8_t>(bytes_.front());
  bytes_.remove_prefix(1);
  return first;
}

std::uint64_t Unpacker::varint() noexcept {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint8_t next = byte();
    if (shift == 63 && next > 1) break;
    number |= static_cast<std::uint64_t>(next & 0x7F) << shift;
    if (next < 0x80) return number;
  }
  fail();
  return 0;
}

std::int64_t Unpacker::signed_varint() noexcept {
  const std::uint64_t number = varint();
  return static_cast<std::int64_t>((number >> 1) ^ (~(number & 1) + 1));
}

SignedWide Unpacker::signed_wide() noexcept {
  Wide number = 0;
  for (unsigned shift = 0; shift < 128; shift += 7) {
    const std::uint8_t next = byte();
    if (shift == 126 && next > 3) break;
    number |= static_cast<Wide>(next & 0x7F) << shift;
    if (next < 0x80) return static_cast<SignedWide>((number >> 1) ^ (~(number & 1) + 1));
  }
  fail();
  return 0;
}

std::uint64_t Unpacker::word() noexcept {
  const std::string_view eight = raw(8);
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < eight.size(); ++i)
    word |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(eight[i])) << (8 * i);
  return word;
}

std::string_view Unpacker::raw(std::size_t bytes) noexcept {
  if (bytes > bytes_.size()) {
    fail();
    return {};
  }
  const std::string_view taken = bytes_.substr(0, bytes);
  bytes_.remove_prefix(bytes);
  return taken;
}

std::string_view Unpacker::text() noexcept { return raw(count(1)); }

std::size_t Unpacker::count(std::size_t each) noexcept {
  const std::uint64_t number = varint();
  if (number > bytes_.size() / each || number > budget_ / each) {
    fail();
    return 0;
  }
  budget_ -= static_cast<std::size_t>(number) * each;
  return static_cast<std::size_t>(number);
}

bool Unpacker::nested_next() const noexcept {
  return !bytes_.empty() && static_cast<std::uint8_t>(bytes_.front()) >= tag_list;
}

Value Unpacker::flat_value() noexcept {
  const std::uint8_t tag = byte();
  switch (tag) {
    case tag_absent: return Value();
    case tag_null: return Value::null();
    case tag_false: return Value::boolean(false);
    case tag_true: return Value::boolean(true);
    case tag_integer: return Value::integer(signed_varint());
    case tag_unsigned: return Value::unsigned_integer(varint());
    case tag_real: return Value::real(std::bit_cast<double>(word()));
    case tag_string: return Value::string(text());
    case tag_bytes: return Value::bytes(text());
    case tag_json: return Value::json(text());
    case tag_timestamp:
    case tag_duration: {
      const std::int64_t us = signed_varint();
      const std::uint64_t nanos = varint();
      if (nanos > 999) break;
      return tag == tag_timestamp ? Value::timestamp(us, static_cast<std::uint32_t>(nanos))
                                  : Value::duration(us, static_cast<std::uint32_t>(nanos));
    }
    default: break;
  }
  fail();
  return Value();
}

Value Unpacker::value(base::Arena& arena, int depth) {
  if (!nested_next()) return in_arena(flat_value(), arena);
  if (depth > 0) return nested_value(byte(), arena, depth - 1);
  fail();
  return Value();
}

Value Unpacker::nested_value(std::uint8_t tag, base::Arena& arena, int depth) {
  switch (tag) {
    case tag_type_name: return Value::type_name(arena.copy(text()));
    case tag_none: return Value::optional(nullptr);
    case tag_some: {
      const std::span<Value> one = arena.array<Value>(1);
      one[0] = value(arena, depth);
      return Value::optional(one.data());
    }
    case tag_list: {
      const std::span<Value> items = arena.array<Value>(count(1));
      for (Value& item : items) item = value(arena, depth);
      return Value::list(items);
    }
    case tag_map: {
      const std::span<Entry> entries = arena.array<Entry>(count(2));
      for (Entry& entry : entries) {
        entry.key = value(arena, depth);
        entry.value = value(arena, depth);
      }
      return Value::map(entries.data(), entries.size());
    }
    default: break;
  }
  fail();
  return Value();
}

}  // namespace leat::operators
