#include "expr/meta_fields.h"

#include <array>

#include "base/text.h"
#include "expr/values.h"

namespace leat::expr {
namespace {

using record::Header;
using record::Row;

Value checked_text(std::string_view bytes) {
  return base::valid_utf8(bytes) ? Value::string(bytes) : fail(kInvalidUtf8);
}

Value key(const Row& row) {
  if (row.null_key()) return Value::null();
  return (row.flags & Row::kKeyIsBytes) != 0 ? Value::bytes(row.key) : checked_text(row.key);
}
Value topic(const Row& row) {
  return row.origin == nullptr ? Value() : Value::string(row.origin->topic);
}
Value partition(const Row& row) {
  return row.origin == nullptr ? Value() : Value::integer(row.origin->partition.value());
}
Value offset(const Row& row) { return Value::integer(row.offset); }
Value timestamp(const Row& row) {
  std::int64_t us = 0;
  return __builtin_mul_overflow(row.timestamp_ms, 1000, &us) ? fail(kOverflow)
                                                             : Value::timestamp(us);
}

Value event_time(const Row& row) { return Value::timestamp(row.event_time_us); }

template <Value (*Read)(const Row&)>
void each_row(Frame& frame, const Operand*, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) out[i] = Read(frame.row(i));
}

const Header* find_header(const Row& row, std::string_view name) {
  const std::span<const Header> all = row.all_headers();
  for (std::size_t i = all.size(); i > 0; --i)
    if (all[i - 1].name == name) return &all[i - 1];
  return nullptr;
}

Value header(const Row& row, const Value& name) {
  if (!name.is(Type::string)) return misfit(name);
  const Header* found = find_header(row, name.as_text());
  if (found == nullptr) return {};
  return found->null ? Value::null() : checked_text(found->value);
}

Value has_header(const Row& row, const Value& name) {
  if (is_broken(name)) return misfit(name);
  return Value::boolean(name.is(Type::string) && find_header(row, name.as_text()) != nullptr);
}

Value headers(const Row& row, base::Arena& arena) {
  const std::span<const Header> all = row.all_headers();
  const std::span<Entry> entries = arena.array<Entry>(all.size());
  KeyIndex index(arena, all.size());
  std::size_t count = 0;
  for (const Header& one : all) {
    const Value name = checked_text(one.name);
    const Value value = one.null ? Value::null() : checked_text(one.value);
    if (name.is_error() || value.is_error()) return fail(kInvalidUtf8);
    const std::size_t at = index.find_or_add(entries.first(count), name);
    if (at == count) ++count;
    entries[at] = {name, value};
  }
  return Value::map(entries.data(), count);
}

template <Value (*Read)(const Row&, const Value&)>
void each_row(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) out[i] = Read(frame.row(i), in[0][i]);
}

constexpr std::array<MetaField, 7> kFields{{
    {"key", std::nullopt, each_row<key>},
    {"topic", Type::string, each_row<topic>},
    {"partition", Type::integer, each_row<partition>},
    {"offset", Type::integer, each_row<offset>},
    {"timestamp", Type::timestamp, each_row<timestamp>},
    {"event_time", Type::timestamp, each_row<event_time>},
    {"headers", std::nullopt, nullptr},
}};

}  // namespace

std::span<const MetaField> meta_fields() noexcept { return kFields; }

void header_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  each_row<header>(frame, in, out, rows);
  if (!frame.naming || frame.extra == nullptr) return;
  for (std::size_t i = 0; i < rows; ++i)
    if (out[i].is(Type::absent)) out[i] = fail(*frame.extra->absent);
}
void headers_kernel(Frame& frame, const Operand*, Value* out, std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) out[i] = headers(frame.row(i), frame.arena);
}
void has_header_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  each_row<has_header>(frame, in, out, rows);
}

}  // namespace leat::expr
