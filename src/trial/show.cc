#include "trial/show.h"

#include <string>
#include <utility>
#include <vector>

#include "base/wall_ms.h"
#include "trial/expect.h"
#include "trial/row_format.h"

namespace leat::trial {
namespace {

// An object, member by member.
class Members {
 public:
  void add(std::string key, json::Value value) {
    members_.push_back({std::move(key), {}, std::move(value)});
  }
  void add_text(std::string key, std::string_view text) {
    add(std::move(key), json::Value::string({}, std::string(text)));
  }
  void add(std::string key, const std::optional<std::string>& text) {
    add(std::move(key), text ? json::Value::string({}, *text) : json::Value::null({}));
  }
  void add_integer(std::string key, std::int64_t number) {
    add(std::move(key), json::Value::integer({}, number, std::to_string(number)));
  }
  template <class Headers>
  void add_headers(const Headers& headers) {
    if (headers.empty()) return;
    Members shown;
    for (const auto& [name, text] : headers) shown.add(name, text);
    add("$headers", shown.take());
  }
  json::Value take() { return json::Value::object({}, std::move(members_)); }

 private:
  std::vector<json::Member> members_;
};

void add_row(Members& members, const spec::ExpectedRow& row) {
  if (row.value && row.value->is_null())
    members.add("$null", json::Value::boolean({}, true));
  else if (row.value)
    members.add("$value", *row.value);
  if (row.raw) members.add_text("$raw", *row.raw);
  if (row.key) members.add("$key", *row.key);
  if (row.timestamp) members.add_text("$timestamp", base::to_rfc3339(*row.timestamp));
  if (row.topic) members.add_text("$topic", *row.topic);
  if (row.partition) members.add_integer("$partition", *row.partition);
  members.add_headers(row.headers);
}

void add_value(Members& members, const OutputRow& row, const json::Value* value) {
  if (!row.value)
    members.add("$null", json::Value::boolean({}, true));
  else if (value != nullptr)
    members.add("$value", *value);
  else
    members.add_text("$raw", *row.value);
}

}  // namespace

bool is_long(const spec::ExpectedRow& row) noexcept {
  return row.key || row.timestamp || row.topic || row.partition || !row.headers.empty();
}

json::Value show(const spec::ExpectedRow& row) {
  if (row.value && !row.value->is_null() && !row.raw && !is_long(row)) return *row.value;
  Members members;
  add_row(members, row);
  return members.take();
}

json::Value show(const spec::ExpectedError& error) {
  Members members;
  if (error.step) members.add_text("step", *error.step);
  if (error.code) members.add_text("code", *error.code);
  if (error.record) add_row(members, *error.record);
  return members.take();
}

json::Value show(const OutputRow& row, const json::Value* value, RowForm form) {
  if (form == RowForm::plain && row.value && value != nullptr) return *value;
  Members members;
  add_value(members, row, value);
  if (form == RowForm::plain) return members.take();
  members.add("$key", row.key);
  members.add_text("$timestamp", base::to_rfc3339(base::wall_of_ms(row.timestamp_ms)));
  if (!row.topic.empty()) members.add_text("$topic", row.topic);
  if (row.partition) members.add_integer("$partition", *row.partition);
  members.add_headers(row.headers);
  return members.take();
}

json::Value show_letter(const OutputRow& letter, LetterForm form, std::string_view input) {
  Members members;
  if (form == LetterForm::whole) members.add_text("step", step_of(letter));
  members.add_text("code", code_of(letter));
  for (const auto& [name, text] : letter.headers)
    if (name == "__connect.errors.exception.message") members.add("message", text);
  if (!input.empty()) members.add_text("input", input);
  const json::Value value = letter.value ? show_bytes(*letter.value) : json::Value();
  add_value(members, letter, value.is_object() ? &value : nullptr);
  if (letter.key) members.add("$key", letter.key);
  return members.take();
}

}  // namespace leat::trial
