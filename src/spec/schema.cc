#include "spec/schema.h"

#include <algorithm>
#include <set>

#include "json/parse.h"
#include "json/write.h"
#include "spec/fields.h"
#include "spec/properties.h"

namespace leat::spec {
namespace {

using json::Writer;

// Patterns hold for the whole text.
constexpr std::string_view kDuration = "([0-9]+(ns|us|ms|s|m|h|d))+";
constexpr std::string_view kSize = "^[0-9]+(B|[kK]B|KiB|MB|MiB|GB|GiB)$";
constexpr std::string_view kTime =
    "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2"
    "})";
constexpr std::string_view kName = "^[a-z0-9][a-z0-9._-]{0,62}$";
constexpr std::string_view kId = "^[A-Za-z_][A-Za-z0-9_-]{0,62}$";
constexpr std::string_view kLabel = "^([A-Za-z_][A-Za-z0-9_-]{0,62}|[a-z0-9][a-z0-9._-]{0,62})$";
constexpr std::string_view kReadTopic = "^(?!\\.{1,2}$)[A-Za-z0-9._-]{1,249}$";
constexpr std::string_view kTopic = "^(?!__|\\.{1,2}$)[A-Za-z0-9._-]{1,249}$";
constexpr std::string_view kGlob = "^(?!__)[A-Za-z0-9._*?-]{1,249}$";
constexpr std::string_view kOutside = "\\$\\{(env:[A-Za-z_][A-Za-z0-9_]*|file:/.+)\\}";
constexpr std::string_view kNoControls = "[^\\u0000-\\u001f\\u007f]*";
// Texts with no piece of a value from outside; texts that are none.
constexpr std::string_view kNoPiece = "(?![\\s\\S]*\\$\\{(env|file):)";
constexpr std::string_view kNotOutside = "(?!\\$\\{(env|file):[\\s\\S]*\\}$)";
constexpr std::string_view kTimeFormat = "^(s|ms|us|ns|[\\s\\S]*%[\\s\\S]*)$";
constexpr std::string_view kZone = "^([+-][0-9]{2}:[0-9]{2}|[A-Za-z0-9/_][A-Za-z0-9/_+-]*)$";
constexpr std::string_view kSegment = "([A-Za-z_][A-Za-z0-9_]*|`[^`\\r\\n]+`)";
constexpr std::string_view kOffsetKey = "^[A-Za-z0-9._-]{1,249}-[0-9]{1,10}$";
constexpr std::string_view kSchemaType =
    "^((list|map)<)*(bool|int|double|string|bytes|timestamp|json)!?(>!?)*$";
constexpr std::string_view kStopIf =
    "^ *((error_ratio|late_ratio) +>=? +(0|1|0?\\.[0-9]+|1\\.0+)|errors +>=? +[0-9]+(\\.[0-9]+)?) "
    "+over +([0-9]+(ns|us|ms|s|m|h|d))+( +and +records +> +[0-9]+)? *$";

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text.append(part);
  return text;
}

std::string whole(std::string_view pattern) { return joined({"^", pattern, "$"}); }

std::string path_pattern() { return joined({"^", kSegment, "(\\.", kSegment, "){0,63}$"}); }

// Rules between the keys of an object, as members of its schema.
struct Rule {
  std::string_view object;
  std::string_view keyword;
  std::string_view json;
};
constexpr Rule kRules[] = {
    {"trigger", "allOf",
     R"([{"if":{"properties":{"mode":{"const":"real_time"}}},"then":{"not":{"anyOf":[{"required":["interval"]},{"required":["max_records"]}]}},"else":{"not":{"required":["checkpoint_interval"]}}},{"if":{"properties":{"mode":{"const":"available_now"}}},"then":{"not":{"required":["interval"]}}}])"},
    {"source", "dependentRequired", R"({"extra":["schema"]})"},
    {"csv", "oneOf",
     R"([{"required":["fields"]},{"required":["header"],"properties":{"header":{"const":true}}}])"},
    {"window", "dependentRequired", R"({"hopping":["every"],"every":["hopping"]})"},
    {"window", "not",
     R"({"required":["offset"],"anyOf":[{"required":["session"]},{"required":["lookback"]}]})"},
    {"event_time", "dependentRequired",
     R"({"format":["field"],"zone":["field","format"],"fallback":["field"]})"},
    {"kafka_sink", "if", R"({"required":["topic"],"properties":{"topic":{"type":"object"}}})"},
    {"kafka_sink", "then", R"({"required":["topics"]})"},
    {"kafka_sink", "else", R"({"not":{"required":["topics"]}})"},
    {"test_item", "if",
     R"({"anyOf":[{"required":["$advance"]},{"required":["$watermark"]},{"required":["$end"]}]})"},
    {"test_item", "then",
     R"({"not":{"anyOf":[{"required":["$key"]},{"required":["$timestamp"]},{"required":["$headers"]},{"required":["$partition"]}]}})"},
    {"expectation", "minProperties", "1"},
    {"expectation", "dependentRequired", R"({"last_per_key":["key"],"key":["last_per_key"]})"},
    {"expected_row", "not",
     R"({"anyOf":[{"required":["$value","$raw"]},{"required":["$value","$null"]},{"required":["$raw","$null"]}]})"},
    {"expected_error", "not", R"({"required":["$value","$raw"]})"},
};

// Writes the members of schemas; every function leaves an object open as it found it.
class SchemaWriter {
 public:
  explicit SchemaWriter(const Options& options) : options_(options) {}

  std::string write();

 private:
  void write_object(std::string_view object);
  void write_alternatives(std::string_view object);
  void write_field(const Field& field);
  void write_default(const Field& field);
  void write_type(const Field& field);
  void write_text_type(const Field& field);
  void write_map_type(const Field& field);
  void write_list_type(const Field& field);
  void write_start();
  void write_topic(const Field& field);
  void write_topics();
  void write_properties(Property::Side side);
  void write_property(const Property& property);

  Writer& text() { return out_.member("type", "string"); }
  // Rows of tests are data; elsewhere a text that looks like a value from outside is one.
  bool data() const { return object_.starts_with("test") || object_.starts_with("expect"); }
  std::string plain(std::string_view rest = "") const {
    return joined({"^", data() ? std::string_view() : kNotOutside, rest});
  }
  void plain_text() {
    text();
    if (!data()) out_.member("pattern", plain());
  }
  // A text that a value from outside may stand for.
  std::string outside_or(std::string_view rest) const {
    return joined({"^(", kOutside, "|", kNoPiece, rest, ")$"});
  }
  void pattern(std::string_view pattern) { text().member("pattern", pattern); }
  void ref(std::string_view object) { out_.member("$ref", joined({"#/$defs/", object})); }
  // `inside` writes the members of the schema of every element, value, ….
  template <class Inside>
  void child(std::string_view keyword, Inside&& inside) {
    out_.key(keyword).begin_object();
    inside();
    out_.end_object();
  }
  template <class... Inside>
  void any_of(Inside&&... inside) {
    out_.key("anyOf").begin_array();
    (option(inside), ...);
    out_.end_array();
  }
  template <class Inside>
  void option(Inside& inside) {
    out_.begin_object();
    inside();
    out_.end_object();
  }
  void words(std::string_view list) {
    out_.key("enum").begin_array();
    for (const std::string_view word : split_words(list)) out_.value(word);
    out_.end_array();
  }
  template <class Inside>
  void array(std::size_t least, std::size_t most, Inside&& inside) {
    out_.member("type", "array");
    if (least > 0) out_.member("minItems", least);
    if (most > 0) out_.member("maxItems", most);
    child("items", inside);
  }
  template <class Inside>
  void map(std::string_view keys, Inside&& inside) {
    out_.member("type", "object");
    if (!keys.empty()) child("propertyNames", [&] { out_.member("pattern", keys); });
    child("additionalProperties", inside);
  }
  void expression() {
    text()
        .member("pattern", plain("[\\s\\S]*[^ \\t\\r\\n]"))
        .member("maxLength", options_.expression_length);
  }
  void null() { out_.member("type", "null"); }
  void bounds(const Field& field) {
    if (high(field) == 0) return;
    out_.member("minimum", static_cast<std::int64_t>(field.low));
    out_.member("maximum", static_cast<std::int64_t>(high(field)));
  }
  double high(const Field& field) const {
    switch (field.limit) {
      case Limit::parallelism: return options_.parallelism_max;
      case Limit::steps: return static_cast<double>(options_.steps_max);
      case Limit::topics: return static_cast<double>(options_.topics_max);
      case Limit::window: return static_cast<double>(options_.window_max.count());
      case Limit::none: break;
    }
    return field.high;
  }
  std::size_t most(const Field& field) const { return static_cast<std::size_t>(high(field)); }

  const Options& options_;
  Writer out_;
  std::string_view object_;  // the one being written
};

void SchemaWriter::write_text_type(const Field& field) {
  switch (field.type) {
    case Type::text:
      pattern(field.outside ? outside_or(kNoControls) : plain(joined({kNoControls, "$"})));
      out_.member("minLength", 1);
      break;
    case Type::prose: plain_text(); break;
    case Type::time_format: pattern(kTimeFormat); break;
    case Type::zone: pattern(kZone); break;
    case Type::topic_pattern: pattern(joined({"^\\^", kNoControls, "\\$$"})); break;
    case Type::letter: pattern("^[\\t !#-~]$"); break;
    case Type::pipeline_name: pattern(kName); break;
    case Type::id: pattern(kId); break;
    case Type::duration: pattern(whole(kDuration)); break;
    case Type::shift: pattern(joined({"^-?", kDuration, "$"})); break;
    case Type::size: pattern(kSize); break;
    case Type::time: pattern(whole(kTime)); break;
    case Type::stop_if: pattern(kStopIf); break;
    case Type::field_path: pattern(path_pattern()); break;
    case Type::choice: words(field.words); break;
    case Type::expression: expression(); break;
    default: text(); break;
  }
  const bool measured = field.type == Type::text || field.type == Type::prose ||
                        field.type == Type::time_format || field.type == Type::topic_pattern;
  if (measured && field.high > 0) out_.member("maxLength", most(field));
}

void SchemaWriter::write_start() {
  any_of([&] { words("earliest latest"); }, [&] { pattern(whole(kTime)); },
         [&] {
           pattern(joined({"^-", kDuration, "$"}));
         },
         [&] {
           out_.member("minProperties", 1);
           map(kOffsetKey, [&] { out_.member("type", "integer").member("minimum", 0); });
         });
}

void SchemaWriter::write_property(const Property& property) {
  switch (property.value) {
    case Property::Value::integer:
      any_of(
          [&] {
            out_.member("type", "integer")
                .member("minimum", property.low)
                .member("maximum", property.high);
          },
          [&] { pattern("^-?[0-9]+$"); }, [&] { pattern(whole(kOutside)); });
      break;
    case Property::Value::boolean:
      any_of([&] { out_.member("type", "boolean"); }, [&] { words("true false"); },
             [&] { pattern(whole(kOutside)); });
      break;
    case Property::Value::text:
      pattern(outside_or(kNoControls));
      out_.member("minLength", 1).member("maxLength", 255);
      break;
  }
}

void SchemaWriter::write_properties(Property::Side side) {
  out_.member("type", "object").key("properties").begin_object();
  for (const Property& property : allowed_properties()) {
    if (property.side != side && property.side != Property::Side::both) continue;
    child(property.name, [&] { write_property(property); });
  }
  out_.end_object().member("additionalProperties", false);
}

void SchemaWriter::write_list_type(const Field& field) {
  const auto path = [&] { pattern(path_pattern()); };
  const auto row = [&] { any_of([&] { ref(field.of); }, [&] { map("^(?!\\$)", [] {}); }); };
  switch (field.type) {
    case Type::list: array(0, most(field), [&] { ref(field.of); }); break;
    case Type::choices:
      out_.member("uniqueItems", true);
      array(1, 0, [&] { words(field.words); });
      break;
    case Type::globs: array(1, most(field), [&] { pattern(kGlob); }); break;
    case Type::field_paths: array(1, 1024, path); break;
    case Type::columns:
      out_.member("uniqueItems", true);
      array(1, most(field), [&] { text().member("pattern", plain("[\\s\\S]")); });
      break;
    case Type::rows: array(0, 0, row); break;
    default:  // row_lists
      map("", [&] { array(0, 0, row); });
      break;
  }
}

void SchemaWriter::write_map_type(const Field& field) {
  const auto any_text = [&] { text(); };
  switch (field.type) {
    case Type::expressions:
      out_.member("minProperties", 1).member("maxProperties", 1024);
      map(path_pattern(), [&] { expression(); });
      break;
    case Type::named_expressions:
      out_.member("minProperties", 1);
      map("^[\\s\\S]", [&] { expression(); });
      break;
    case Type::labels:
      out_.member("maxProperties", 64);
      map(kLabel, [&] {
        pattern(plain(joined({kNoControls, "$"})));
        out_.member("maxLength", most(field));
      });
      break;
    case Type::texts: map("", any_text); break;
    case Type::texts_or_nulls: map("", [&] { any_of(any_text, [&] { null(); }); }); break;
    case Type::headers:
      out_.member("maxProperties", 64);
      map("^(?!leat-src$)[^\\u0000-\\u001f\\u007f]{1,249}$", [&] {
        any_of([&] { pattern(outside_or("[\\s\\S]*")); }, [&] { ref("expression"); },
               [&] { null(); });
      });
      break;
    case Type::objects:
      out_.member("minProperties", 1).member("maxProperties", 64);
      map(kId, [&] { ref(field.of); });
      break;
    case Type::answers: map("", [&] { out_.member("type", "object"); }); break;
    case Type::plugins: map("^[a-z]", [&] { any_of(any_text, [&] { ref(field.of); }); }); break;
    default:  // expectations
      out_.member("type", "object").key("properties").begin_object();
      child("errors", [&] {
        any_of([&] { ref(field.of); }, [&] { array(0, 0, [&] { ref("expected_error"); }); });
      });
      out_.end_object();
      child("additionalProperties", [&] { ref(field.of); });
      break;
  }
}

void SchemaWriter::write_topic(const Field& field) {
  const auto topic = [&] { pattern(kTopic); };
  const auto outside = [&] { pattern(whole(kOutside)); };
  if (field.type == Type::topic_or_expression)
    any_of(topic, outside, [&] { ref("expression"); });
  else if (field.outside)
    any_of(topic, outside);
  else
    topic();
}

void SchemaWriter::write_topics() {
  const auto topic = [&] {
    any_of([&] { pattern(kReadTopic); }, [&] { pattern(whole(kOutside)); });
  };
  any_of(
      [&] {
        out_.member("uniqueItems", true);
        array(1, options_.topics_max, topic);
      },
      [&] { ref("kafka_topics"); });
}

void SchemaWriter::write_type(const Field& field) {
  const auto an_expression = [&] { ref("expression"); };
  const auto path = [&] { pattern(path_pattern()); };
  const auto any_text = [&] { text(); };
  switch (field.type) {
    case Type::boolean: out_.member("type", "boolean"); break;
    case Type::only_true: out_.member("const", true); break;
    case Type::integer:
      out_.member("type", "integer");
      bounds(field);
      break;
    case Type::number:
      out_.member("type", "number").member("minimum", field.low).member("maximum", field.high);
      break;
    case Type::format: any_of([&] { words(field.words); }, [&] { ref(field.of); }); break;
    case Type::expression_object: ref("expression"); break;
    case Type::text_or_expression:
      any_of([&] { pattern(outside_or("[\\s\\S]*")); }, an_expression, [&] { null(); });
      break;
    case Type::topic:
    case Type::topic_or_expression: write_topic(field); break;
    case Type::topics: write_topics(); break;
    case Type::start: write_start(); break;
    case Type::names:
      any_of([&] { plain_text(); }, [&] { array(1, 64, [&] { plain_text(); }); });
      break;
    case Type::path_or_expression: any_of(path, an_expression); break;
    case Type::projection:
    case Type::key: {
      const std::size_t least = field.type == Type::key ? 0 : 1;
      any_of(
          [&] {
            out_.member("minProperties", least).member("maxProperties", 1024);
            map(path_pattern(), [&] { expression(); });
          },
          [&] { array(least, 1024, path); });
      break;
    }
    case Type::partition_fields:
      any_of([&] { array(1, 1024, path); }, [&] { ref(field.of); });
      break;
    case Type::schema: ref("schema"); break;
    case Type::source_properties: write_properties(Property::Side::source); break;
    case Type::sink_properties: write_properties(Property::Side::sink); break;
    case Type::object: ref(field.of); break;
    case Type::any_object: out_.member("type", "object"); break;
    case Type::text_or_null: any_of(any_text, [&] { null(); }); break;
    case Type::list:
    case Type::choices:
    case Type::globs:
    case Type::field_paths:
    case Type::columns:
    case Type::rows:
    case Type::row_lists: write_list_type(field); break;
    case Type::expressions:
    case Type::named_expressions:
    case Type::labels:
    case Type::texts:
    case Type::texts_or_nulls:
    case Type::headers:
    case Type::objects:
    case Type::answers:
    case Type::plugins:
    case Type::expectations: write_map_type(field); break;
    default: write_text_type(field); break;
  }
}

void SchemaWriter::write_default(const Field& field) {
  if (field.fallback.empty()) return;
  if (const json::Parsed value = json::parse(field.fallback); value.ok())
    out_.key("default").value(value.root());
}

void SchemaWriter::write_field(const Field& field) {
  std::string doc(field.doc);
  if (!field.fallback.empty() && !json::parse(field.fallback).ok())
    doc += " Default: " + std::string(field.fallback) + ".";
  out_.member("description", doc);
  write_default(field);
  write_type(field);
}

void SchemaWriter::write_alternatives(std::string_view object) {
  const auto fields = fields_of(object);
  if (std::none_of(fields.begin(), fields.end(), [](const Field& f) { return f.alternative; }))
    return;
  out_.key("oneOf").begin_array();
  for (const Field& field : fields) {
    if (!field.alternative) continue;
    out_.begin_object().key("required").begin_array().value(field.key).end_array().end_object();
  }
  out_.end_array();
}

void SchemaWriter::write_object(std::string_view object) {
  object_ = object;
  out_.member("type", "object").key("properties").begin_object();
  std::vector<std::string_view> required;
  for (const Field& field : fields_of(object)) {
    if (field.need == Need::later || field.need == Need::refused) continue;
    child(field.key, [&] { write_field(field); });
    if (field.need == Need::required) required.push_back(field.key);
  }
  out_.end_object().member("additionalProperties", false);
  if (!required.empty()) {
    out_.key("required").begin_array();
    for (const std::string_view key : required) out_.value(key);
    out_.end_array();
  }
  write_alternatives(object);
  for (const Rule& rule : kRules)
    if (rule.object == object) out_.member_raw(rule.keyword, rule.json);
}

std::string SchemaWriter::write() {
  std::set<std::string_view> objects{"no_settings"};
  for (const Field& field : all_fields()) objects.insert(field.object);
  out_.begin_object()
      .member("$schema", "https://json-schema.org/draft/2020-12/schema")
      .member("$id", "urn:leat:schema:pipeline")
      .member("title", "leat pipeline")
      .member("$ref", "#/$defs/pipeline");
  out_.key("$defs").begin_object();
  for (const std::string_view object : objects) child(object, [&] { write_object(object); });
  child("schema", [&] {
    out_.member("minProperties", 1).member("maxProperties", 4096);
    map("^[\\s\\S]", [&] { any_of([&] { pattern(kSchemaType); }, [&] { ref("schema"); }); });
  });
  out_.end_object().end_object();
  const json::Parsed made = json::parse(out_.text(), {.values_max = 1'000'000});
  return json::pretty(made.root()) + "\n";
}

}  // namespace

std::string write_json_schema(const Options& options) { return SchemaWriter(options).write(); }

}  // namespace leat::spec
