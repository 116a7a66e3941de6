#include <algorithm>
#include <set>

#include "base/text.h"
#include "spec/field_path.h"
#include "spec/sections.h"

namespace leat::spec {
namespace {

constexpr std::size_t kSchemaFieldsMax = 4096;
constexpr std::size_t kTypeDepthMax = 16;

Format format_of(std::string_view name) noexcept {
  if (name == "string") return Format::string;
  if (name == "bytes") return Format::bytes;
  return name == "csv" ? Format::csv : Format::json;
}

std::vector<std::string> read_columns(Findings& findings, const Spot& spot, double most) {
  std::vector<std::string> columns;
  std::set<std::string_view> seen;
  const auto elements = spot.value.elements();
  if (elements.empty() || static_cast<double>(elements.size()) > most) {
    findings.error("OUT_OF_RANGE", spot,
                   "1 to " + std::to_string(static_cast<int>(most)) + " columns must stand here");
    return columns;
  }
  for (std::size_t i = 0; i < elements.size() && !findings.full(); ++i) {
    const Spot at = spot.at(i);
    if (findings.taken(at.value)) continue;
    const std::string* name = at.value.as_string();
    if (name == nullptr) {
      findings.error(
          "WRONG_TYPE", at,
          "the name of a column is a string, not " + std::string(json::kind_name(at.value.kind())));
    } else if (name->empty()) {
      findings.error("BAD_NAME", at, "a column has no name");
    } else if (!seen.insert(*name).second) {
      findings.error("FIELD_CLASH", at, quoted(*name) + " names two columns");
    } else {
      warn_if_shadowed(findings, at, *name);
      columns.push_back(*name);
    }
  }
  return columns;
}

void read_csv(Findings& findings, const Spot& spot, std::string_view object, CsvSpec& csv) {
  const ObjectReader reader(findings, spot, object);
  csv.delimiter = reader.text("delimiter").value_or(",")[0];
  csv.header = reader.flag("header").value_or(false);
  csv.null = reader.text("null").value_or("");
  if (const auto fields = reader.spot_of("fields"))
    csv.fields = read_columns(findings, *fields, find_field(object, "fields")->high);
  if (object != "csv") return;
  if (reader.has("fields") && csv.header)
    findings.error("EXACTLY_ONE_OF", spot,
                   "the columns are named by `fields` or by the `header` line, not by both");
  if (!reader.has("fields") && !csv.header && spot.value.is_object())
    findings.error("MISSING_FIELD", spot, "`fields` is missing: the names of the columns");
}

struct TypeName {
  std::string_view name;
  SchemaType::Kind kind;
};
using Kind = SchemaType::Kind;
constexpr TypeName kTypes[] = {
    {"bool", Kind::boolean},  {"int", Kind::integer}, {"double", Kind::real},
    {"string", Kind::string}, {"bytes", Kind::bytes}, {"timestamp", Kind::timestamp},
    {"json", Kind::json},     {"list", Kind::list},   {"map", Kind::map}};

std::string type_words() {
  std::string words;
  for (const TypeName& type : kTypes) {
    words += words.empty() ? "`" : ", `";
    words += type.name;
    words += type.kind == Kind::list || type.kind == Kind::map ? "<T>`" : "`";
  }
  return words + ", or an object of fields; with `!` behind it a value is required";
}

// Takes a type off the front of `text`; false when there is none.
bool take_type(std::string_view& text, SchemaType& type, std::size_t depth) {
  const std::size_t end = std::min(text.find_first_of("<>! "), text.size());
  const auto* const known =
      std::find_if(std::begin(kTypes), std::end(kTypes),
                   [&](const TypeName& each) { return each.name == text.substr(0, end); });
  if (known == std::end(kTypes) || depth > kTypeDepthMax) return false;
  type.kind = known->kind;
  text.remove_prefix(end);
  if (type.kind == Kind::list || type.kind == Kind::map) {
    if (!text.starts_with('<')) return false;
    text.remove_prefix(1);
    SchemaType element;
    if (!take_type(text, element, depth + 1) || !text.starts_with('>')) return false;
    text.remove_prefix(1);
    type.element = std::make_shared<const SchemaType>(std::move(element));
  }
  type.required = text.starts_with('!');
  if (type.required) text.remove_prefix(1);
  return true;
}

void report_type(Findings& findings, const Spot& spot, const std::string& text) {
  if (text == "decimal" || text == "decimal!")
    return findings.error("UNKNOWN_VALUE", spot,
                          "there is no type `decimal`: leave the field out of the schema (its "
                          "digits stay as they are), or use an int in the smallest unit");
  std::vector<std::string_view> names;
  for (const TypeName& type : kTypes) names.push_back(type.name);
  findings.error("UNKNOWN_VALUE", spot, quoted(text) + " is no type; types are " + type_words(),
                 base::nearest(text, names));
}

std::vector<SchemaField> read_types(Findings& findings, const Spot& spot, bool top);

std::optional<SchemaType> read_type(Findings& findings, const Spot& spot) {
  SchemaType type;
  if (spot.value.is_object()) {
    type.kind = Kind::object;
    type.members = read_types(findings, spot, false);
    return type;
  }
  const std::string* text = spot.value.as_string();
  if (findings.taken(spot.value)) return std::nullopt;
  if (text == nullptr) {
    findings.error("WRONG_TYPE", spot,
                   "a type is a string or an object of fields, not " +
                       std::string(json::kind_name(spot.value.kind())));
    return std::nullopt;
  }
  std::string_view rest = *text;
  if (take_type(rest, type, 0) && rest.empty()) return type;
  report_type(findings, spot, *text);
  return std::nullopt;
}

std::vector<SchemaField> read_types(Findings& findings, const Spot& spot, bool top) {
  std::vector<SchemaField> types;
  const auto members = spot.value.members();
  if (members.empty() || members.size() > kSchemaFieldsMax) {
    findings.error("OUT_OF_RANGE", spot,
                   "1 to " + std::to_string(kSchemaFieldsMax) + " fields must stand here");
    return types;
  }
  for (const json::Member& member : members) {
    if (findings.full()) break;
    const Spot at = spot.at(member.key, member.value);
    if (member.key.empty())
      findings.error_at("BAD_NAME", at.pointer, member.key_place, "a field has no name");
    if (top) warn_if_shadowed(findings, at, member.key);
    // Of a type that is wrong nothing is known, and the field is there all the same.
    types.push_back({member.key, read_type(findings, at).value_or(SchemaType())});
  }
  return types;
}

void check_csv_column(Findings& findings, const Spot& spot, const std::string& name,
                      const SchemaType& type, const std::vector<std::string>& columns) {
  if (!columns.empty() && std::find(columns.begin(), columns.end(), name) == columns.end())
    findings.error(
        "UNKNOWN_NAME", spot, quoted(name) + " is not a column of this source",
        base::nearest(name, std::vector<std::string_view>(columns.begin(), columns.end())));
  const std::string* const written = spot.value.as_string();
  const bool any = type.kind == Kind::json && written != nullptr && written->starts_with("json");
  if (type.kind == Kind::list || type.kind == Kind::map || type.kind == Kind::object || any)
    findings.error("BAD_VALUE", spot,
                   "a column of csv is a bool, int, double, string, bytes or timestamp");
}

// What tells how the time is written belongs to a field.
void check_time_keys(Findings& findings, const ObjectReader& reader) {
  if (reader.has("field")) return;
  for (const std::string_view key : {"format", "zone", "fallback"})
    if (const auto spot = reader.spot_of(key))
      findings.error("BAD_VALUE", *spot,
                     "`" + std::string(key) +
                         "` belongs to a `field`; without one the time is the record's in Kafka");
}

void read_time_format(const std::string& text, EventTimeSpec& time) {
  using Unit = EventTimeSpec::Unit;
  constexpr std::pair<std::string_view, Unit> kUnits[] = {
      {"s", Unit::s}, {"ms", Unit::ms}, {"us", Unit::us}, {"ns", Unit::ns}};
  for (const auto& [name, unit] : kUnits)
    if (text == name) time.unit = unit;
  if (time.unit != Unit::automatic) return;
  time.unit = Unit::pattern;
  time.pattern = text;
}

void read_zone(Findings& findings, const Spot& spot, EventTimeSpec& time) {
  time.zone = *spot.value.as_string();
  if (time.unit != EventTimeSpec::Unit::pattern)
    findings.error(
        "BAD_VALUE", spot,
        "`zone` belongs to a strptime pattern in `format`; other texts carry their zone");
}

std::optional<Expression> read_time_field(Findings& findings, const Spot& spot) {
  if (spot.value.is_object()) return read_expression_object(findings, spot);
  const auto path =
      read_field_path(findings, *spot.value.as_string(), spot.pointer, spot.value.place());
  if (!path) return std::nullopt;
  return Expression{format_field_path(*path), spot.pointer};
}

}  // namespace

void read_format(Findings& findings, const Spot& spot, std::string_view table, Format& format,
                 CsvSpec& csv) {
  if (spot.value.is_string()) {
    format = format_of(*spot.value.as_string());
    return;
  }
  const ObjectReader reader(findings, spot, table);
  const std::string_view name = reader.exactly_one("a format");
  const auto settings = reader.spot_of(name);
  if (!settings) return;
  format = format_of(name);
  if (format == Format::csv)
    read_csv(findings, *settings, find_field(table, name)->of, csv);
  else
    const ObjectReader none(findings, *settings, "no_settings");
}

ExtraFields extra_of(std::string_view word) noexcept {
  if (word == "drop") return ExtraFields::drop;
  return word == "error" ? ExtraFields::error : ExtraFields::keep;
}

SchemaSpec read_schema(Findings& findings, const Spot& spot) {
  return {read_types(findings, spot, true), ExtraFields::keep};
}

void check_schema_fits(Findings& findings, const Spot& schema, const SourceSpec& source) {
  if (source.format == Format::string || source.format == Format::bytes)
    findings.error("BAD_VALUE", schema,
                   "a schema is for the formats `json` and `csv`; the rows of this source have the "
                   "one field `value`");
  if (source.format != Format::csv) return;
  for (const auto& [name, type] : source.schema->fields)
    check_csv_column(findings, schema.at(name, *schema.value.find(name)), name, type,
                     source.csv.fields);
}

EventTimeSpec read_event_time(Findings& findings, const Spot& spot) {
  const ObjectReader reader(findings, spot, "event_time");
  EventTimeSpec time;
  check_time_keys(findings, reader);
  if (const auto field = reader.spot_of("field")) time.value = read_time_field(findings, *field);
  if (const auto format = reader.text("format")) read_time_format(*format, time);
  if (const auto zone = reader.spot_of("zone")) read_zone(findings, *zone, time);
  time.fallback_kafka = reader.has("fallback");
  time.max_lateness = reader.duration("max_lateness").value_or(time.max_lateness);
  time.max_future = reader.duration("max_future").value_or(time.max_future);
  time.idle_after = reader.duration("idle_after").value_or(time.idle_after);
  time.advance_when_idle = reader.flag("advance_when_idle").value_or(false);
  return time;
}

}  // namespace leat::spec
