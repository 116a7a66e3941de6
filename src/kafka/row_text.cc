#include "kafka/row_text.h"

#include <algorithm>

namespace leat::kafka {
namespace {

void add_header(rd_kafka_headers_t*& headers, std::string_view name, const char* value,
                std::size_t size) {
  if (headers == nullptr) headers = rd_kafka_headers_new(8);
  rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value,
                      static_cast<ssize_t>(size));
}

void add_header(rd_kafka_headers_t*& headers, const record::Header& header) {
  add_header(headers, header.name, header.null ? nullptr : header.value.data(),
             header.value.size());
}

bool ruled(const HeaderPlan& plan, std::string_view name) {
  return std::any_of(plan.rules.begin(), plan.rules.end(),
                     [&](const auto& rule) { return rule.name == name; });
}

}  // namespace

rd_kafka_headers_t* copy_headers(const record::Row& row) {
  rd_kafka_headers_t* headers = nullptr;
  for (const record::Header& header : row.all_headers()) add_header(headers, header);
  return headers;
}

rd_kafka_headers_t* make_headers(const HeaderPlan& plan, const record::RecordBatch& batch,
                                 std::size_t row, const record::RowError*& failed) {
  const record::Row& source = batch.rows()[row];
  rd_kafka_headers_t* headers = nullptr;
  if (plan.forward) {
    for (const record::Header& header : source.all_headers()) {
      if (ruled(plan, header.name) || (plan.origin && header.name == kOriginHeader)) continue;
      add_header(headers, header);
    }
  }
  for (const auto& rule : plan.rules) {
    if (const auto* text = std::get_if<std::string>(&rule.value))
      add_header(headers, rule.name, text->data(), text->size());
    const auto* const column = std::get_if<flow::SinkBinding::Column>(&rule.value);
    if (column == nullptr) continue;
    const record::Value& value = batch.column(column->index)[row];
    if (value.is(record::Type::absent)) continue;
    std::optional<std::string_view> text;
    failed = as_key_text(value, batch.arena(), text);
    if (failed != nullptr) break;
    add_header(headers, rule.name, text ? text->data() : nullptr, text ? text->size() : 0);
  }
  if (plan.origin && flow::has_origin(source)) {
    const std::string_view text = origin_text(source, batch.arena());
    add_header(headers, kOriginHeader, text.data(), text.size());
  }
  if (failed == nullptr || headers == nullptr) return headers;
  rd_kafka_headers_destroy(headers);
  return nullptr;
}

}  // namespace leat::kafka
