#include "runtime/state_reads.h"

#include <algorithm>
#include <map>

#include "base/arena.h"
#include "codec/json_text.h"
#include "json/parse.h"
#include "record/key_hash.h"
#include "spec/time.h"
#include "state/key_codec.h"

namespace leat::runtime {
namespace {

constexpr std::size_t kReadingsMax = 16;
constexpr std::size_t kKeyTextMax = 64 * 1024;

Status bad_key(std::string_view text, std::size_t fields) {
  return Status(Code::invalid_argument, fields == 1
                                            ? "this is no key: give the text of a string, or JSON"
                                            : "the key has " + std::to_string(fields) +
                                                  " fields: give a JSON list of so many values")
      .with("problem", "BAD_QUERY")
      .with("key", std::string(text.substr(0, 100)));
}

// What one field may be; nothing when it can be no part of a key.
std::vector<record::Value> readings_of(const json::Value& from, base::Arena& arena) {
  if (from.is_null()) return {record::Value::null()};
  if (const auto flag = from.as_bool()) return {record::Value::boolean(*flag)};
  if (const auto number = from.as_integer()) return {record::Value::integer(*number)};
  if (const auto number = from.as_integer<std::uint64_t>())
    return {record::Value::unsigned_integer(*number)};
  if (const auto number = from.as_double()) return {record::Value::real(*number)};
  const std::string* text = from.as_string();
  if (text == nullptr) return {};
  std::vector<record::Value> readings{record::Value::string(arena.copy(*text))};
  if (const auto time = spec::parse_rfc3339(*text))
    readings.push_back(record::Value::timestamp(time->us));
  return readings;
}

StateKey make_key(std::span<const record::Value> values) {
  StateKey key;
  state::encode_key(values, key.bytes);
  for (const record::Value& value : values) key.hash = record::mix_key(key.hash, value);
  return key;
}

// Every combination, the first readings first.
std::vector<StateKey> combine(const std::vector<std::vector<record::Value>>& fields) {
  std::vector<StateKey> keys;
  std::vector<std::size_t> at(fields.size(), 0);
  while (keys.size() < kReadingsMax) {
    std::vector<record::Value> values;
    for (std::size_t i = 0; i < fields.size(); ++i) values.push_back(fields[i][at[i]]);
    keys.push_back(make_key(values));
    std::size_t field = fields.size();
    while (field > 0 && ++at[field - 1] == fields[field - 1].size()) at[--field] = 0;
    if (field == 0) break;
  }
  return keys;
}

std::optional<json::Value> parse_json(std::string_view text) {
  json::ParseOptions options;
  options.comments = false;
  json::Parsed parsed = json::parse(text, options);
  if (!parsed.ok()) return std::nullopt;
  return std::move(parsed).root();
}

// An object of the step's values in memory of its own.
class Held {
 public:
  explicit Held(const state::ValueType& type)
      : type_(type), memory_((type.inline_bytes() + 7) / 8) {}
  ~Held() {
    if (full_) type_.destroy(memory_.data());
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  Status decode(std::string_view bytes) {
    Status status = type_.decode(bytes, memory_.data());
    full_ = status.ok();
    return status;
  }
  const void* get() const noexcept { return memory_.data(); }

 private:
  const state::ValueType& type_;
  std::vector<std::uint64_t> memory_;
  bool full_ = false;
};

Result<StateRow> show(const plan::KeyedStep& step, std::string_view key, std::string_view value) {
  Held held(*step.type);
  LEAT_RETURN_IF_ERROR(held.decode(value));
  StateRow row{show_key(key, step.key_fields.size()), {}};
  step.show(held.get(), row.value);
  return row;
}

}  // namespace

std::uint32_t StateKey::group() const noexcept { return record::key_group(hash); }

Result<std::vector<StateKey>> key_readings(std::string_view text, std::size_t fields) {
  if (text.size() > kKeyTextMax) return bad_key({}, fields);
  base::Arena arena;
  const std::optional<json::Value> parsed = parse_json(text);
  std::vector<std::vector<record::Value>> values;
  if (parsed && parsed->is_array()) {
    for (const json::Value& element : parsed->elements())
      values.push_back(readings_of(element, arena));
  } else if (fields == 1) {
    const json::Value whole = json::Value::string({}, std::string(text));
    values.push_back(readings_of(whole, arena));
    if (parsed && !parsed->is_object())
      for (const record::Value& value : readings_of(*parsed, arena)) values[0].push_back(value);
  }
  const auto no_part = [](const auto& readings) { return readings.empty(); };
  if (values.size() != fields || std::any_of(values.begin(), values.end(), no_part))
    return bad_key(text, fields);
  return combine(values);
}

std::string show_key(std::string_view bytes, std::size_t fields) {
  base::Arena arena;
  std::vector<record::Value> values(fields);
  if (!state::decode_key(bytes, arena, values)) return "null";
  codec::TextBuffer text;
  const auto append = [&](const record::Value& value) {
    if (codec::append_value(text, value) != nullptr) text.append("null");
  };
  if (fields == 1) {
    append(values.front());
    return std::string(text.view());
  }
  text.append("[");
  for (std::size_t i = 0; i < fields; ++i) {
    if (i > 0) text.append(",");
    append(values[i]);
  }
  text.append("]");
  return std::string(text.view());
}

Result<std::optional<StateRow>> read_key(const StoreView& store,
                                         const std::vector<StateKey>& readings) {
  for (const StateKey& key : readings) {
    const state::Backing::Wanted wanted{key.group(), key.bytes};
    std::string value;
    bool found = false;
    LEAT_RETURN_IF_ERROR(store.backing->get(store.id, {&wanted, 1}, {&value, 1}, {&found, 1}));
    if (!found) continue;
    Result<StateRow> row = show(*store.step, key.bytes, value);
    if (!row.ok()) return std::move(row).status();
    return std::optional<StateRow>(*std::move(row));
  }
  return std::optional<StateRow>();
}

// Groups are ordered by themselves only: the smallest keys of all of them are kept.
Result<std::vector<StateRow>> read_range(const StoreView& store, std::string_view from,
                                         const std::optional<std::string>& to, std::size_t limit) {
  std::map<std::string, std::string, std::less<>> kept;
  for (std::uint32_t group = 0; group < record::kKeyGroups; ++group) {
    const auto visit = [&](std::string_view key, std::string_view value) {
      if (to && key >= *to) return false;
      if (kept.size() == limit && key >= std::prev(kept.end())->first) return false;
      kept.emplace(key, value);
      if (kept.size() > limit) kept.erase(std::prev(kept.end()));
      return true;
    };
    LEAT_RETURN_IF_ERROR(store.backing->scan(store.id, group, from, visit));
  }
  std::vector<StateRow> rows;
  for (const auto& [key, value] : kept) {
    Result<StateRow> row = show(*store.step, key, value);
    if (!row.ok()) return std::move(row).status();
    rows.push_back(*std::move(row));
  }
  return rows;
}

Result<std::optional<StateRow>> read_key(const plan::KeyedStep& step, state::Table& table,
                                         const std::vector<StateKey>& readings) {
  for (const StateKey& key : readings) {
    const state::Key wanted = key.view();
    state::Entry* entry = nullptr;
    LEAT_RETURN_IF_ERROR(table.find({&wanted, 1}, false, {&entry, 1}));
    if (entry == nullptr) continue;
    StateRow row{show_key(key.bytes, step.key_fields.size()), {}};
    step.show(entry->value, row.value);
    return std::optional<StateRow>(std::move(row));
  }
  return std::optional<StateRow>();
}

}  // namespace leat::runtime
