#include "flow/row_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "base/clock.h"
#include "codec/json_text.h"
#include "codec/row_errors.h"

namespace leat::flow {
namespace {

constexpr record::RowError kBadTimestamp{"TIMESTAMP_INVALID",
                                         "the timestamp's expression gives no time"};

template <class Number>
std::string_view number_text(Number number, base::Arena& arena) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  return arena.copy({text.data(), static_cast<std::size_t>(end - text.data())});
}

struct Seconds {
  std::int64_t whole;
  std::int64_t nanos;  // 0 … 999 999 999
};

Seconds seconds_of(const record::Value& value) noexcept {
  constexpr std::int64_t kMicros = 1'000'000;
  const std::int64_t us = value.as_integer();
  const std::int64_t whole = us / kMicros - (us % kMicros < 0 ? 1 : 0);
  return {whole, (us - whole * kMicros) * 1000 + value.as_nanos()};
}

// ".25"; nothing for whole seconds.
std::string fraction_text(std::int64_t nanos) {
  if (nanos == 0) return {};
  std::string digits = std::to_string(1'000'000'000 + nanos);
  digits.front() = '.';
  digits.resize(digits.find_last_not_of('0') + 1);
  return digits;
}

// RFC 3339 in UTC with the shortest fraction.
std::string time_text(const record::Value& value) {
  const Seconds seconds = seconds_of(value);
  const std::string text = base::to_rfc3339(WallTime{seconds.whole * 1'000'000});
  return text.substr(0, text.rfind('.')) + fraction_text(seconds.nanos) + "Z";
}

// "5400s", "-0.25s".
std::string duration_text(const record::Value& value) {
  auto [whole, nanos] = seconds_of(value);
  const bool negative = whole < 0;
  if (negative && nanos != 0) {
    ++whole;
    nanos = 1'000'000'000 - nanos;
  }
  return (negative ? "-" : "") + std::to_string(negative ? -whole : whole) + fraction_text(nanos) +
         "s";
}

const record::RowError* nested_text(const record::Value& value, base::Arena& arena,
                                    std::optional<std::string_view>& out) {
  thread_local codec::TextBuffer written;
  written.truncate(0);
  if (const record::RowError* error = codec::append_value(written, value)) return error;
  out = arena.copy(written.view());
  return nullptr;
}

const record::RowError* choose_key(const SinkBinding& binding, const record::RecordBatch& batch,
                                   std::size_t index, RowText& out) {
  const record::Row& row = batch.rows()[index];
  if (const auto* text = std::get_if<std::string>(&binding.key)) {
    out.key = *text;
    return nullptr;
  }
  if (std::holds_alternative<SinkBinding::None>(binding.key)) return nullptr;
  const auto* column = std::get_if<SinkBinding::Column>(&binding.key);
  if (column == nullptr || row.tombstone()) {
    if (!row.null_key()) out.key = row.key;
    return nullptr;
  }
  return as_key_text(batch.column(column->index)[index], batch.arena(), out.key);
}

const record::RowError* choose_timestamp(const SinkBinding& binding,
                                         const record::RecordBatch& batch, std::size_t index,
                                         RowText& out) {
  if (!binding.timestamp_column || batch.rows()[index].tombstone()) return nullptr;
  const record::Value& value = batch.column(*binding.timestamp_column)[index];
  if (value.is_error()) return &value.as_error();
  if (value.is(record::Type::timestamp))
    out.timestamp_ms = value.as_integer() / 1000;
  else if (value.is(record::Type::integer))
    out.timestamp_ms = value.as_integer();
  else
    return &kBadTimestamp;
  return out.timestamp_ms > 0 ? nullptr : &kBadTimestamp;
}

}  // namespace

const record::RowError* as_key_text(const record::Value& value, base::Arena& arena,
                                    std::optional<std::string_view>& out) {
  out.reset();
  switch (value.type()) {
    case record::Type::string:
    case record::Type::bytes:
    case record::Type::json: out = value.as_text(); break;
    case record::Type::integer: out = number_text(value.as_integer(), arena); break;
    case record::Type::unsigned_integer: out = number_text(value.as_unsigned(), arena); break;
    case record::Type::real:
      if (!std::isfinite(value.as_real())) return &codec::kNotRepresentable;
      out = number_text(value.as_real(), arena);
      break;
    case record::Type::boolean: out = value.as_boolean() ? "true" : "false"; break;
    case record::Type::timestamp: out = arena.copy(time_text(value)); break;
    case record::Type::duration: out = arena.copy(duration_text(value)); break;
    case record::Type::list:
    case record::Type::map: return nested_text(value, arena, out);
    case record::Type::optional:
      return value.as_optional() == nullptr ? nullptr
                                            : as_key_text(*value.as_optional(), arena, out);
    case record::Type::type_name: return &codec::kNotRepresentable;
    case record::Type::error: return &value.as_error();
    case record::Type::absent:
    case record::Type::null: break;
  }
  return nullptr;
}

std::string_view origin_text(const record::Row& row, base::Arena& arena) {
  if (row.made_as != nullptr) return *row.made_as;
  const std::string& topic = row.origin->topic;
  constexpr std::size_t kNumbers = 3 * 21;
  char* const start = arena.allocate(topic.size() + kNumbers, 1);
  char* at = std::copy(topic.begin(), topic.end(), start);
  const auto put = [&](auto number) {
    *at++ = '-';
    at = std::to_chars(at, start + topic.size() + kNumbers, number).ptr;
  };
  put(row.origin->partition.value());
  put(row.offset);
  put(row.ordinal);
  const auto used = static_cast<std::size_t>(at - start);
  arena.shrink_last(start, used);
  return {start, used};
}

const record::RowError* choose_text(const SinkBinding& binding, const record::RecordBatch& batch,
                                    std::size_t row, RowText& out) {
  out.timestamp_ms = batch.rows()[row].timestamp_ms;
  if (const record::RowError* error = choose_key(binding, batch, row, out)) return error;
  return choose_timestamp(binding, batch, row, out);
}

const record::RowError* choose_headers(const HeaderRules& rules, const SinkBinding& binding,
                                       const record::RecordBatch& batch, std::size_t row,
                                       std::vector<record::Header>& out) {
  const record::Row& source = batch.rows()[row];
  const auto ruled = [&](std::string_view name) {
    return std::any_of(binding.headers.begin(), binding.headers.end(),
                       [&](const auto& rule) { return rule.name == name; });
  };
  if (rules.forward)
    for (const record::Header& header : source.all_headers())
      if (!ruled(header.name) && !(rules.origin && header.name == kOriginHeader))
        out.push_back(header);
  for (const SinkBinding::HeaderRule& rule : binding.headers) {
    if (const auto* text = std::get_if<std::string>(&rule.value))
      out.push_back({rule.name, *text, false});
    const auto* const column = std::get_if<SinkBinding::Column>(&rule.value);
    if (column == nullptr) continue;
    const record::Value& value = batch.column(column->index)[row];
    if (value.is(record::Type::absent)) continue;
    std::optional<std::string_view> text;
    if (const record::RowError* error = as_key_text(value, batch.arena(), text)) return error;
    out.push_back({rule.name, text.value_or(std::string_view()), !text});
  }
  if (rules.origin && has_origin(source))
    out.push_back({kOriginHeader, origin_text(source, batch.arena()), false});
  return nullptr;
}

}  // namespace leat::flow
