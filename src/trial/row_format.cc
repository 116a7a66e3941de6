#include "trial/row_format.h"

#include <algorithm>

#include "codec/csv_text.h"
#include "codec/json_text.h"
#include "json/parse.h"
#include "json/write.h"
#include "spec/names.h"

namespace leat::trial {
namespace {

json::ParseOptions record_options() {
  json::ParseOptions options;
  options.comments = false;
  options.bytes_max = std::size_t{64} << 20;
  options.depth_max = json::ParseOptions::kDepthCeiling;
  options.values_max = 10'000'000;
  options.key_bytes_max = std::size_t{1} << 20;
  return options;
}

Result<std::string> text_of_row(const json::Value& row) {
  const json::Value* value = row.find("value");
  if (value == nullptr || !value->is_string() || row.members().size() != 1)
    return Status(Code::invalid_argument,
                  "a row of this format is {\"value\": \"…\"} and nothing else");
  return *value->as_string();
}

// The members in the order of the columns; others are refused, missing ones are null.
Result<std::string> csv_of_row(const spec::CsvSpec& csv, const json::Value& row) {
  std::vector<const json::Value*> cells(csv.fields.size(), nullptr);
  std::string unknown;
  for (const json::Member& member : row.members()) {
    const auto found = std::find(csv.fields.begin(), csv.fields.end(), member.key);
    if (found == csv.fields.end())
      unknown += (unknown.empty() ? "`" : ", `") + member.key + "`";
    else
      cells[static_cast<std::size_t>(found - csv.fields.begin())] = &member.value;
  }
  if (!unknown.empty())
    return Status(Code::invalid_argument, "the csv source has no column " + unknown +
                                              spec::listed({csv.fields.begin(), csv.fields.end()}));
  codec::TextBuffer out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) out.put(csv.delimiter);
    const json::Value* cell = cells[i];
    if (cell == nullptr || cell->is_null())
      out.append(csv.null);
    else
      codec::append_csv_field(out, cell->is_string() ? *cell->as_string() : json::to_text(*cell),
                              csv.delimiter);
  }
  return std::string(out.view());
}

Result<json::Value> row_of_csv(const spec::CsvSpec& csv, const std::string& bytes) {
  base::Arena arena;
  std::vector<std::string_view> cells;
  if (const record::RowError* error = codec::split_csv(bytes, csv.delimiter, arena, cells))
    return Status(Code::data_loss, std::string(error->message));
  std::vector<json::Member> members;
  for (std::size_t i = 0; i < cells.size() && i < csv.fields.size(); ++i)
    members.push_back({csv.fields[i], {}, json::Value::string({}, std::string(cells[i]))});
  return json::Value::object({}, std::move(members));
}

Result<std::string> bytes_of_row(const json::Value& row) {
  Result<std::string> text = text_of_row(row);
  if (!text.ok()) return text;
  base::Arena arena;
  std::string_view bytes;
  if (!codec::read_base64(*text, arena, bytes))
    return Status(Code::invalid_argument, "the value of a row of bytes is base64");
  return std::string(bytes);
}

json::Value value_row(std::string text) {
  std::vector<json::Member> members;
  members.push_back({"value", {}, json::Value::string({}, std::move(text))});
  return json::Value::object({}, std::move(members));
}

}  // namespace

Result<std::string> write_row(const spec::SourceSpec& source, const json::Value& row) {
  switch (source.format) {
    case spec::Format::json: return json::to_text(row);
    case spec::Format::string: return text_of_row(row);
    case spec::Format::bytes: return bytes_of_row(row);
    case spec::Format::csv: break;
  }
  if (source.csv.fields.empty())
    return Status(Code::not_available_yet,
                  "NOT_AVAILABLE_YET: rows whose columns the first line of a file names; write "
                  "`fields` into the format");
  return csv_of_row(source.csv, row);
}

Result<json::Value> read_row(const spec::SinkSpec& sink, const std::string& bytes) {
  switch (sink.format) {
    case spec::Format::json: {
      json::Parsed parsed = json::parse(bytes, record_options());
      if (parsed.ok()) return std::move(parsed).root();
      return Status(Code::data_loss,
                    "what was written is not JSON: " + parsed.problems().front().message);
    }
    case spec::Format::string: return value_row(bytes);
    case spec::Format::csv: return row_of_csv(sink.csv, bytes);
    case spec::Format::bytes: break;
  }
  codec::TextBuffer text;
  codec::append_base64(text, bytes);
  return value_row(std::string(text.view()));
}

json::Value show_bytes(const std::string& bytes) {
  json::Parsed parsed = json::parse(bytes, record_options());
  return parsed.ok() ? std::move(parsed).root() : json::Value::string({}, bytes);
}

}  // namespace leat::trial
