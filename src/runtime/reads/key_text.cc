#include <algorithm>
#include <array>

#include "base/arena.h"
#include "codec/json_text.h"
#include "json/parse.h"
#include "record/key_hash.h"
#include "runtime/state_reads.h"
#include "spec/time.h"
#include "state/key_codec.h"

namespace leat::runtime {
namespace {

using record::Value;
using Kind = spec::SchemaType::Kind;
using Readings = std::vector<Value>;

constexpr std::size_t kReadingsMax = 16;
constexpr std::size_t kKeyTextMax = 64 * 1024;

std::string_view words_for(Kind kind) {
  switch (kind) {
    case Kind::boolean: return "`true` or `false`";
    case Kind::integer: return "a whole number";
    case Kind::real: return "a number";
    case Kind::bytes: return "bytes in base64";
    case Kind::timestamp: return "a time like `2026-01-01T00:00:00Z`";
    default: return "the text of a string, or JSON";
  }
}

Status bad_key(std::string_view text, KeyTypes types) {
  std::string wants = "this is no key: give ";
  if (types.size() == 1) {
    wants += words_for(types.front());
  } else {
    wants = "the key has " + std::to_string(types.size()) + " fields: give a JSON list of them";
    for (std::size_t i = 0; i < types.size(); ++i)
      if (types[i] != Kind::json && types[i] != Kind::string)
        wants += ", field " + std::to_string(i + 1) + " is " + std::string(words_for(types[i]));
  }
  return Status(Code::invalid_argument, std::move(wants))
      .with("problem", "BAD_QUERY")
      .with("key", std::string(text.substr(0, 100)));
}

void add_number(const json::Value& from, Readings& out) {
  if (const auto number = from.as_integer())
    out.push_back(Value::integer(*number));
  else if (const auto large = from.as_integer<std::uint64_t>())
    out.push_back(Value::unsigned_integer(*large));
  else if (const auto real = from.as_double())
    out.push_back(Value::real(*real));
}

void add_text(const std::string& text, Kind kind, base::Arena& arena, Readings& out) {
  const bool any = kind == Kind::json;
  if (any || kind == Kind::string) out.push_back(Value::string(arena.copy(text)));
  if (any || kind == Kind::timestamp)
    if (const auto time = spec::parse_rfc3339(text)) out.push_back(Value::timestamp(time->us));
  std::string_view bytes;
  if ((any || kind == Kind::bytes) && codec::read_base64(text, arena, bytes))
    out.push_back(Value::bytes(bytes));
}

// What one field may be; nothing when it can be no part of a key.
Readings readings_of(const json::Value& from, Kind kind, base::Arena& arena) {
  Readings out;
  const bool any = kind == Kind::json;
  const auto flag = from.as_bool();
  if (from.is_null())
    out.push_back(Value::null());
  else if (flag && (any || kind == Kind::boolean))
    out.push_back(Value::boolean(*flag));
  else if (const std::string* text = from.as_string(); text != nullptr)
    add_text(*text, kind, arena, out);
  else if (!flag && (any || kind == Kind::integer || kind == Kind::real))
    add_number(from, out);
  return out;
}

StateKey make_key(std::span<const Value> values) {
  StateKey key;
  state::encode_key(values, key.bytes);
  for (const Value& value : values) key.hash = record::mix_key(key.hash, value);
  return key;
}

// Every combination, the first readings first.
std::vector<StateKey> combine(const std::vector<Readings>& fields) {
  std::vector<StateKey> keys;
  std::vector<std::size_t> at(fields.size(), 0);
  while (keys.size() < kReadingsMax) {
    std::vector<Value> values;
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

// A list gives a reading for each of its items; no item when there are more than fields, or one can
// be no part of the key.
std::vector<Readings> readings_of_list(const json::Value& list, KeyTypes types,
                                       base::Arena& arena) {
  std::vector<Readings> fields;
  if (list.elements().size() > types.size()) return fields;
  for (const json::Value& element : list.elements()) {
    fields.push_back(readings_of(element, types[fields.size()], arena));
    if (fields.back().empty()) return {};
  }
  return fields;
}

// Of the only field, from what is no list.
Readings readings_alone(std::string_view text, const std::optional<json::Value>& parsed, Kind kind,
                        base::Arena& arena) {
  Readings out = readings_of(json::Value::string({}, std::string(text)), kind, arena);
  if (!parsed || parsed->is_object()) return out;
  for (const Value& value : readings_of(*parsed, kind, arena)) out.push_back(value);
  return out;
}

void append_field(codec::TextBuffer& text, Value value, Kind kind) {
  if (kind == Kind::real && value.is(record::Type::integer))
    value = Value::real(static_cast<double>(value.as_integer()));
  if (codec::append_value(text, value) != nullptr) text.append("null");
}

}  // namespace

std::uint32_t StateKey::group() const noexcept { return record::key_group(hash); }

Result<std::vector<StateKey>> key_readings(std::string_view text, KeyTypes types) {
  if (text.size() > kKeyTextMax) return bad_key({}, types);
  base::Arena arena;
  const std::optional<json::Value> parsed = parse_json(text);
  std::vector<Readings> fields;
  if (parsed && parsed->is_array())
    fields = readings_of_list(*parsed, types, arena);
  else if (types.size() == 1)
    fields = {readings_alone(text, parsed, types.front(), arena)};
  if (fields.size() != types.size() || (types.size() == 1 && fields.front().empty()))
    return bad_key(text, types);
  return combine(fields);
}

Result<std::string> key_bound(std::string_view text, KeyTypes types) {
  if (text.size() > kKeyTextMax) return bad_key({}, types);
  base::Arena arena;
  const std::optional<json::Value> parsed = parse_json(text);
  std::vector<Readings> fields;
  if (parsed && parsed->is_array())
    fields = readings_of_list(*parsed, types, arena);
  else if (parsed && !parsed->is_object() && types.size() == 1 && types.front() == Kind::json)
    fields = {readings_of(*parsed, types.front(), arena)};
  else if (types.size() == 1)
    fields = {readings_alone(text, parsed, types.front(), arena)};
  if (fields.empty() || fields.front().empty()) return bad_key(text, types);
  return combine(fields).front().bytes;
}

std::string show_key(std::string_view bytes, KeyTypes types) {
  base::Arena arena;
  std::vector<Value> values(types.size());
  if (!state::decode_key(bytes, arena, values)) return "null";
  codec::TextBuffer text;
  if (types.size() == 1) {
    append_field(text, values.front(), types.front());
    return std::string(text.view());
  }
  text.append("[");
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i > 0) text.append(",");
    append_field(text, values[i], types[i]);
  }
  text.append("]");
  return std::string(text.view());
}

}  // namespace leat::runtime
