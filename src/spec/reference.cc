#include "spec/reference.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/text.h"
#include "json/write.h"
#include "spec/fields.h"
#include "spec/properties.h"

namespace leat::spec {
namespace {

constexpr std::string_view kIntro =
    R"(# The definition of a pipeline, key by key

Made from the table that checks definitions (`src/spec/fields.cc`); `LEAT_REWRITE=1` in the environment of the test
`Reference.ThePageIsWhatTheTableSays` writes it anew. The same in a terminal: `leat schema --field sources.*.kafka`; for an editor:
`leat schema > pipeline.schema.json`, or `GET /v1/schemas/pipeline.json`.

A definition is one JSON document with `//` and `/* */` comments. **Bold** keys are required. Of keys marked ○ exactly one stands in
the object. Where a value is marked $, a text may be a whole `${env:NAME}` or `${file:/path}`, as far as `values.env` and
`values.folders` of the daemon's configuration allow. Durations have the units `ns us ms s m h d` (`1h30m`), sizes `B KB KiB MB MiB GB
GiB`. A field path is `user.city`; segments that are no identifiers stand in backticks. Keys that are described but not built yet are
refused as `NOT_AVAILABLE_YET`.
)";

// How an object is reached, and the object.
struct Section {
  std::string path;
  std::string_view object;
};

// What stands between a key and the keys of the object inside it.
std::string step_into(const Field& field) {
  switch (field.type) {
    case Type::objects:
    case Type::plugins:
    case Type::headers: return ".*";
    case Type::list: return "[]";
    case Type::rows: return "[]";
    case Type::row_lists: return ".*[]";
    case Type::expectations: return ".*";
    default: return {};
  }
}

void add_sections(std::vector<Section>& sections, std::string_view object,
                  const std::string& path) {
  const bool known = std::any_of(sections.begin(), sections.end(),
                                 [&](const Section& each) { return each.object == object; });
  if (known || fields_of(object).empty()) return;
  sections.push_back({path, object});
  for (const Field& field : fields_of(object)) {
    if (field.need == Need::later || field.need == Need::refused) continue;
    const std::string inside = (path.empty() ? "" : path + ".") + std::string(field.key);
    if (const std::string_view of = object_in(field); !of.empty())
      add_sections(sections, of, inside + step_into(field));
    if (field.type == Type::expectations)
      add_sections(sections, "expected_error", inside + ".errors[]");
  }
}

std::string bound(const Field& field, double value) {
  if (field.type == Type::duration || field.type == Type::shift)
    return base::format_duration(static_cast<std::int64_t>(value));
  if (field.type == Type::size) {
    constexpr double kMiB = 1024.0 * 1024;
    const bool large = value >= kMiB;
    return std::to_string(static_cast<std::int64_t>(large ? value / kMiB : value)) +
           (large ? "MiB" : "B");
  }
  std::string text;
  if (field.type == Type::number)
    json::append_double(text, value);
  else
    text = std::to_string(static_cast<std::int64_t>(value));
  return text;
}

std::string words_of(const Field& field) {
  std::string text;
  for (const std::string_view word : split_words(field.words))
    text += (text.empty() ? "`\"" : ", `\"") + std::string(word) + "\"`";
  for (const std::string_view word : split_words(field.later_words))
    text += ", `\"" + std::string(word) + "\"` (not available yet)";
  return text;
}

bool has_range(Type type) noexcept {
  return type == Type::integer || type == Type::number || type == Type::duration ||
         type == Type::size;
}

// What a value looks like.
std::string value_of(const Field& field) {
  std::string text;
  switch (field.type) {
    case Type::choice: text = words_of(field); break;
    case Type::choices: text = "a list of " + words_of(field); break;
    case Type::format: text = words_of(field) + ", or an object"; break;
    default: text = description_of(field.type); break;
  }
  if (has_range(field.type) && field.high > 0)
    text += ", " + bound(field, field.low) + " … " + bound(field, field.high);
  if ((field.type == Type::text || field.type == Type::prose) && field.high > 0)
    text += ", at most " + bound(field, field.high) + " bytes";
  if (field.outside) text += " $";
  return text;
}

std::string cell(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2))
    text.insert(at, 1, '\\');
  return text;
}

bool is_json(std::string_view text) noexcept {
  return !text.empty() && (text[0] == '"' || text[0] == '{' || text[0] == '[' || text == "true" ||
                           text == "false" || (text[0] >= '0' && text[0] <= '9'));
}

std::string default_of(const Field& field) {
  if (field.fallback.empty()) return {};
  const std::string text(field.fallback);
  return is_json(text) || text.starts_with('<') ? "`" + text + "`" : text;
}

void append_row(std::string& page, const Field& field) {
  std::string key = "`" + std::string(field.key) + "`";
  if (field.need == Need::required) key = "**" + key + "**";
  if (field.alternative) key += " ○";
  if (field.need == Need::later) {
    page += "| " + key + " | not available yet | | " + cell(std::string(field.doc)) + " |\n";
    return;
  }
  if (field.need == Need::refused) {
    page += "| " + key + " | refused | | " + cell(std::string(field.doc)) + " |\n";
    return;
  }
  page += "| " + key + " | " + cell(value_of(field)) + " | " + cell(default_of(field)) + " | " +
          cell(std::string(field.doc)) + " |\n";
}

std::string property_values(const Property& property) {
  switch (property.value) {
    case Property::Value::boolean: return "true or false";
    case Property::Value::text: return "a string of 1 … 255 bytes";
    case Property::Value::integer: break;
  }
  return std::to_string(property.low) + " … " + std::to_string(property.high);
}

void append_properties(std::string& page) {
  page +=
      "\n## Kafka properties\n\nWhat `properties` of sources and sinks may tune; all else is "
      "refused, and connections belong into profiles\nof the daemon's configuration.\n\n"
      "| property | in | values |\n|---|---|---|\n";
  for (const Property& property : allowed_properties()) {
    const std::string_view side = property.side == Property::Side::both     ? "both"
                                  : property.side == Property::Side::source ? "sources"
                                                                            : "sinks";
    page += "| `" + std::string(property.name) + "` | " + std::string(side) + " | " +
            property_values(property) + " |\n";
  }
}

struct Warning {
  std::string_view code;
  std::string_view meaning;
  std::string_view remedy;
};
constexpr Warning kWarnings[] = {
    {"MAY_BE_ABSENT",
     "No schema says that rows have this field, and a row where it is absent fails here; whether "
     "null does too, the message says. The same for headers. "
     "One for each expression; a field "
     "is told once.",
     "`amount ?? 0`, `try(amount > 1, false)`: for absent and null, also of what a member stands "
     "in; "
     "`has(amount) && amount != null && …`, for a member `has(a) && a != null && has(a.b) && …` "
     "(without `!= null` where null may pass); `this.?a` sets "
     "nothing where it is absent; `meta.headers['x'] ?? ''`, `'x' in meta.headers && …`; where it "
     "is meant: `on_error` on the step (a sink has none), or a "
     "`schema` of the source"},
    {"MAY_BE_NULL",
     "`has(amount)` is true for null too, which then fails here. A field is told once.",
     "`amount ?? 0`, `has(amount) && amount != null && …`; where it is meant: `on_error` on the "
     "step (a sink has none), or a `schema` of the source that says `int!`"},
    {"ALWAYS_FAILS",
     "A piece of an expression that fails whenever it is evaluated: `1 / 0`, `timestamp('x')`, a "
     "time zone or a pattern that does not exist. Where every row would fail it is a mistake, not "
     "a warning; so is a topic, a time or a number that is the same for all rows and cannot be "
     "written, such as `0.0 / 0.0`.",
     "another literal"},
    {"EXPENSIVE_PATTERN",
     "A regular expression comes from the row, so that it is compiled again and again; or it "
     "compiles to more than 5000 "
     "instructions.",
     "a pattern as a text, `startsWith`, `contains`, `in`; smaller counts in `{n,m}`, ASCII "
     "classes"},
    {"CONSTANT_FILTER", "A filter that every row passes, or none.", "take the step out"},
    {"NEVER_READ", "A source or a step with an `id` that nothing reads.",
     "name it in a `from`, or take it out"},
    {"LITERAL_LOOKS_LIKE_EXPRESSION",
     "A literal that is the name of a field: every row gets these very letters.",
     "`{\"expr\": \"card\"}`"},
    {"MIXED_WITH_DEAD_LETTERS",
     "A sink writes to the topic that takes the pipeline's dead letters, so rows and records that "
     "failed come to the same readers.",
     "another topic in the sink, or in `on_error.dead_letter.topic`"},
    {"SHADOWED_FIELD",
     "A field that expressions cannot name as it is, because the word means something else there.",
     "`this.x`, `this['in']`, or another name"},
    {"OUTSIDE_VALUE_UNCHECKED",
     "A value from outside in a definition that is checked without the daemon's configuration.",
     "`leat validate --url …`, or nothing: the daemon checks it"},
    {"UNBOUNDED_STATE", "A keyed step that keeps every key it ever saw.",
     "a `window` or a `ttl`; or leave it, where keys are few"},
    {"NEEDS_NEXT_RECORD",
     "Windows close as later records come: when input stops, the last stay open.",
     "`\"advance_when_idle\": true` in `event_time`, or a drain"},
    {"INT_DIVISION",
     "Integers divide as integers: `sum(x) / count()` of 7 and 2 is 3; an int divided by 0 fails.",
     "`avg(x)`, or `double(sum(x)) / double(count())`"},
    {"DEPENDS_ON_EPOCHS",
     "A step that drops or multiplies rows stands below `per_batch` or `complete`: how many come "
     "out "
     "depends on where epochs are cut.",
     "`\"emit\": \"per_record\"` or `\"on_close\"`"},
    {"EXCHANGE_KEPT", "`partitioned_by` is noted, and rows are spread by key all the same.",
     "nothing: results are the same"},
};

void append_warnings(std::string& page) {
  page +=
      "\n## Warnings\n\nWhat is allowed and seldom meant: `leat validate` and `:validate` tell it, "
      "a pipeline shows it in "
      "`status.warnings`.\n\n| code | meaning | what to write |\n|---|---|---|\n";
  for (const Warning& warning : kWarnings)
    page += "| `" + std::string(warning.code) + "` | " + std::string(warning.meaning) + " | " +
            std::string(warning.remedy) + " |\n";
}

struct Segments {
  std::vector<std::string_view> words;
  std::size_t at = 0;

  explicit Segments(std::string_view path) {
    while (!path.empty()) {
      const std::size_t end = std::min(path.find('.'), path.size());
      words.push_back(path.substr(0, end));
      path.remove_prefix(std::min(end + 1, path.size()));
    }
  }
  bool done() const noexcept { return at == words.size(); }
  std::string_view take() noexcept { return words[at++]; }
};

std::string_view without_index(std::string_view word) {
  return word.substr(0, std::min(word.find('['), word.size()));
}

Status unknown(std::string_view object, std::string_view word) {
  std::vector<std::string_view> known;
  for (const Field& field : fields_of(object)) known.push_back(field.key);
  std::string near;
  for (const std::string& name : base::nearest(word, known))
    near += (near.empty() ? "; did you mean `" : ", `") + name + "`";
  std::string all;
  for (const std::string_view name : known) all += (all.empty() ? "" : " ") + std::string(name);
  return Status(Code::not_found, "there is no key `" + std::string(word) + "` here" +
                                     (near.empty() ? ", only: " + all : near + "?"));
}

void append_line(std::string& text, const Field& field) {
  text += "  " + std::string(field.key);
  text += std::string(field.key.size() < 20 ? 20 - field.key.size() : 1, ' ');
  if (field.need == Need::later) text += "(not available yet) ";
  if (field.need == Need::refused) text += "(refused) ";
  text += std::string(field.doc) + "\n";
}

std::string describe_field(const std::string& path, const Field& field) {
  std::string text = path + "\n  " + std::string(field.doc) + "\n";
  if (field.need == Need::later) return text + "  Not available yet.\n";
  if (field.need == Need::refused) return text + "  Refused.\n";
  text += "  Value: " + value_of(field) + "\n";
  if (field.need == Need::required) text += "  Required.\n";
  if (!field.fallback.empty()) text += "  Default: " + std::string(field.fallback) + "\n";
  return text;
}

std::string describe_object(std::string_view object) {
  std::string text;
  for (const Field& field : fields_of(object)) append_line(text, field);
  return text;
}

}  // namespace

std::string write_reference_page() {
  std::vector<Section> sections;
  add_sections(sections, "pipeline", "");
  std::string page(kIntro);
  for (const Section& section : sections) {
    page += "\n## " + (section.path.empty() ? "Top level" : "`" + section.path + "`") +
            "\n\n| key | value | default | meaning |\n|---|---|---|---|\n";
    for (const Field& field : fields_of(section.object)) append_row(page, field);
  }
  append_properties(page);
  append_warnings(page);
  return page;
}

Result<std::string> describe_key(std::string_view path) {
  Segments segments(path);
  std::string_view object = "pipeline";
  const Field* field = nullptr;
  bool named = false;  // the name behind `field` was read
  while (!segments.done()) {
    const std::string_view word = without_index(segments.take());
    if (field != nullptr && field->type == Type::expectations && word == "errors") {
      object = "expected_error";
      field = nullptr;
      continue;
    }
    const bool names = field != nullptr && step_into(*field).starts_with(".*");
    if (names && !named && find_field(object, word) == nullptr) {
      named = true;
      continue;
    }
    named = false;
    field = find_field(object, word);
    if (field == nullptr) return unknown(object, word);
    object = object_in(*field);
    if (object.empty() && !segments.done())
      return Status(Code::not_found, "`" + std::string(word) + "` has no keys inside");
  }
  if (field == nullptr) return describe_object(object);
  return describe_field(std::string(path), *field) +
         (fields_of(object).empty() ? "" : "  Inside:\n") + describe_object(object);
}

}  // namespace leat::spec
