#include "kafka/row_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "base/clock.h"

namespace leat::kafka {
namespace {

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

void add_header(rd_kafka_headers_t*& headers, std::string_view name, const char* value,
                std::size_t size) {
  if (headers == nullptr) headers = rd_kafka_headers_new(8);
  rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value,
                      static_cast<ssize_t>(size));
}

bool ruled(const HeaderPlan& plan, std::string_view name) {
  return std::any_of(plan.rules.begin(), plan.rules.end(),
                     [&](const auto& rule) { return rule.name == name; });
}

}  // namespace

std::optional<std::string_view> as_key_text(const record::Value& value, base::Arena& arena) {
  switch (value.type()) {
    case record::Type::string:
    case record::Type::bytes:
    case record::Type::json: return value.as_text();
    case record::Type::integer: return number_text(value.as_integer(), arena);
    case record::Type::unsigned_integer: return number_text(value.as_unsigned(), arena);
    case record::Type::real: return number_text(value.as_real(), arena);
    case record::Type::boolean: return value.as_boolean() ? "true" : "false";
    case record::Type::timestamp: return arena.copy(time_text(value));
    case record::Type::duration: return arena.copy(duration_text(value));
    case record::Type::list:
    case record::Type::map:
    case record::Type::type_name:
    case record::Type::optional:
    case record::Type::absent:
    case record::Type::null:
    case record::Type::error: break;
  }
  return std::nullopt;
}

std::string_view origin_text(const record::Row& row, base::Arena& arena) {
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

rd_kafka_headers_t* make_headers(const HeaderPlan& plan, const record::RecordBatch& batch,
                                 std::size_t row, const record::RowError*& failed) {
  const record::Row& source = batch.rows()[row];
  rd_kafka_headers_t* headers = nullptr;
  if (plan.forward) {
    for (const record::Header& header : source.all_headers()) {
      if (ruled(plan, header.name) || (plan.origin && header.name == kOriginHeader)) continue;
      add_header(headers, header.name, header.null ? nullptr : header.value.data(),
                 header.value.size());
    }
  }
  for (const auto& rule : plan.rules) {
    if (const auto* text = std::get_if<std::string>(&rule.value))
      add_header(headers, rule.name, text->data(), text->size());
    const auto* const column = std::get_if<flow::SinkBinding::Column>(&rule.value);
    if (column == nullptr) continue;
    const record::Value& value = batch.column(column->index)[row];
    if (value.is_error()) {
      failed = &value.as_error();
      break;
    }
    if (value.is(record::Type::absent)) continue;
    const std::optional<std::string_view> text = as_key_text(value, batch.arena());
    add_header(headers, rule.name, text ? text->data() : nullptr, text ? text->size() : 0);
  }
  if (plan.origin && source.origin != nullptr) {
    const std::string_view text = origin_text(source, batch.arena());
    add_header(headers, kOriginHeader, text.data(), text.size());
  }
  if (failed == nullptr || headers == nullptr) return headers;
  rd_kafka_headers_destroy(headers);
  return nullptr;
}

}  // namespace leat::kafka
