#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "spec/sections.h"
#include "spec/time.h"

namespace leat::spec {
namespace {

constexpr std::size_t kSourcesMax = 64;

// "topic-3": parsed from the right, since topics may have dashes.
bool split_partition(std::string_view key, std::string_view& topic) noexcept {
  const std::size_t dash = key.rfind('-');
  if (dash == std::string_view::npos) return false;
  topic = key.substr(0, dash);
  const std::string_view digits = key.substr(dash + 1);
  std::int32_t partition = -1;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), partition);
  return error == std::errc() && end == digits.data() + digits.size() && partition >= 0 &&
         is_topic_name(topic);
}

void read_offsets(Findings& findings, const Spot& spot, const KafkaSourceSpec& kafka,
                  StartSpec& start) {
  start.kind = StartSpec::Kind::offsets;
  if (spot.value.members().empty())
    findings.error("OUT_OF_RANGE", spot, "`start` names no partition");
  for (const json::Member& member : spot.value.members()) {
    if (findings.full()) return;
    const Spot at = spot.at(member.key, member.value);
    std::string_view topic;
    if (!split_partition(member.key, topic)) {
      findings.error_at("BAD_NAME", at.pointer, member.key_place,
                        quoted(member.key) + " is not `<topic>-<partition>`");
    } else if (!kafka.topics.empty() &&
               std::find(kafka.topics.begin(), kafka.topics.end(), topic) == kafka.topics.end()) {
      const std::vector<std::string_view> known(kafka.topics.begin(), kafka.topics.end());
      findings.error_at("UNKNOWN_NAME", at.pointer, member.key_place,
                        quoted(topic) + " is not a topic of this source",
                        base::nearest(topic, known));
    }
    const auto offset = member.value.as_integer<std::int64_t>();
    if (!offset) {
      if (!findings.taken(member.value))
        findings.error("WRONG_TYPE", at, "an offset is an integer");
    } else if (*offset < 0) {
      findings.error("OUT_OF_RANGE", at, "an offset is not negative");
    } else {
      start.offsets[member.key] = *offset;
    }
  }
}

void read_start_text(Findings& findings, const Spot& spot, StartSpec& start) {
  const std::string& text = *spot.value.as_string();
  if (text == "earliest" || text == "latest") {
    start.kind = text == "latest" ? StartSpec::Kind::latest : StartSpec::Kind::earliest;
    return;
  }
  start.kind = StartSpec::Kind::time;
  std::int64_t ns = 0;
  if (text.starts_with('-') && base::parse_duration_ns(std::string_view(text).substr(1), ns)) {
    start.ago = Duration(ns);
  } else if (const auto time = parse_rfc3339(text)) {
    start.time = *time;
    if (time->us < 0) findings.error("OUT_OF_RANGE", spot, "Kafka has no times before 1970");
  } else {
    findings.error("BAD_VALUE", spot,
                   quoted(text) +
                       " is none of \"earliest\", \"latest\", a time such as "
                       "\"2026-01-01T00:00:00Z\", \"-1h\"",
                   base::nearest(text, {"earliest", "latest"}));
  }
}

void read_listed_topic(Findings& findings, const Spot& spot, KafkaSourceSpec& kafka) {
  if (!spot.value.is_string())
    return findings.error(
        "WRONG_TYPE", spot,
        "the name of a topic is a string, not " + std::string(json::kind_name(spot.value.kind())));
  if (!findings.claim(spot)) return;
  const std::string& topic = findings.text(spot.value);
  if (!is_topic_name(topic) && !findings.unread(spot.value)) {
    findings.error("BAD_NAME", spot,
                   findings.shown(spot.value) +
                       " is no name of a topic: letters, digits, `.`, `_`, `-`; at most 249");
  } else if (std::find(kafka.topics.begin(), kafka.topics.end(), topic) != kafka.topics.end()) {
    findings.error("TOPIC_READ_TWICE", spot, findings.shown(spot.value) + " is listed twice");
  } else if (kafka.topics.size() < findings.options().topics_max) {
    kafka.topics.push_back(topic);
  }
}

void read_topic_list(Findings& findings, const Spot& spot, KafkaSourceSpec& kafka) {
  const std::size_t count = spot.value.elements().size();
  if (count == 0 || count > findings.options().topics_max)
    findings.error("OUT_OF_RANGE", spot,
                   "`topics` must name 1 to " + std::to_string(findings.options().topics_max) +
                       " topics (`topics_max`), not " + std::to_string(count));
  for (std::size_t i = 0; i < count && !findings.full(); ++i) {
    read_listed_topic(findings, spot.at(i), kafka);
  }
}

void read_topics(Findings& findings, const Spot& spot, KafkaSourceSpec& kafka) {
  if (spot.value.is_array()) return read_topic_list(findings, spot, kafka);
  const ObjectReader reader(findings, spot, "kafka_topics");
  const auto pattern = reader.spot_of("pattern");
  if (!pattern) return;
  kafka.pattern = *pattern->value.as_string();
}

KafkaSourceSpec read_kafka(Findings& findings, const Spot& spot) {
  const ObjectReader reader(findings, spot, "kafka_source");
  KafkaSourceSpec kafka;
  kafka.start = findings.options().start;
  if (const auto topics = reader.spot_of("topics")) read_topics(findings, *topics, kafka);
  if (const auto profile = reader.spot_of("profile")) {
    check_profile(findings, *profile);
    kafka.profile = findings.text(profile->value);
  }
  kafka.group = reader.text("group").value_or("");
  if (const auto start = reader.spot_of("start")) {
    kafka.start = {};
    if (start->value.is_object())
      read_offsets(findings, *start, kafka, kafka.start);
    else
      read_start_text(findings, *start, kafka.start);
  }
  if (const auto properties = reader.spot_of("properties"))
    kafka.properties = read_properties(findings, *properties, PropertyUse::source);
  return kafka;
}

FileSourceSpec read_file(Findings& findings, const Spot& spot) {
  const ObjectReader reader(findings, spot, "file_source");
  FileSourceSpec file;
  if (const auto path = reader.spot_of("path")) {
    check_path(findings, *path);
    file.path = findings.text(path->value);
  }
  file.follow = reader.flag("follow").value_or(false);
  return file;
}

GeneratorSpec read_generator(Findings& findings, const Spot& spot) {
  const ObjectReader reader(findings, spot, "generator");
  GeneratorSpec generator;
  generator.rows_per_second = reader.number("rows_per_second").value_or(1);
  generator.rows = reader.count("rows").value_or(0);
  const auto fields = reader.spot_of("fields");
  if (!fields) return generator;
  if (fields->value.members().empty())
    findings.error("OUT_OF_RANGE", *fields, "`fields` must not be empty");
  for (const json::Member& member : fields->value.members()) {
    if (findings.full()) break;
    const Spot at = fields->at(member.key, member.value);
    if (member.key.empty())
      findings.error_at("BAD_NAME", at.pointer, member.key_place, "a field has no name");
    warn_if_shadowed(findings, at, member.key);
    if (check_expression(findings, at))
      generator.fields.emplace_back(member.key, expression_at(at));
  }
  return generator;
}

std::variant<KafkaSourceSpec, FileSourceSpec, GeneratorSpec> read_kind(Findings& findings,
                                                                       std::string_view kind,
                                                                       const Spot& spot) {
  if (kind == "kafka") return read_kafka(findings, spot);
  if (kind == "file") return read_file(findings, spot);
  return read_generator(findings, spot);
}

// What a format demands of the source around it.
void check_fit(Findings& findings, const ObjectReader& reader, std::string_view kind,
               const SourceSpec& source) {
  if (const auto format = reader.spot_of("format")) {
    if (kind == "generator" && source.format != Format::json)
      findings.error("BAD_VALUE", *format, "a generator makes rows of the format `json` only");
    if (source.csv.header && kind == "kafka")
      findings.error("BAD_VALUE", *format,
                     "a header line is for files: a record of Kafka is one row; name the columns "
                     "by `fields`");
  }
  if (reader.has("extra") && !reader.has("schema"))
    findings.error("BAD_VALUE",
                   {*reader.spot().value.find("extra"), reader.spot().pointer + "/extra"},
                   "`extra` says what becomes of fields beside a `schema`, and there is none");
  if (source.schema) check_schema_fits(findings, *reader.spot_of("schema"), source);
}

std::vector<FieldPath> read_partitioned_by(Findings& findings, const Spot& spot) {
  if (spot.value.is_array()) return read_field_paths(findings, spot);
  const ObjectReader reader(findings, spot, "partitioned_by");
  const auto fields = reader.spot_of("fields");
  return fields ? read_field_paths(findings, *fields) : std::vector<FieldPath>();
}

SourceSpec read_source(Findings& findings, const json::Member& member, const Spot& spot) {
  SourceSpec source;
  source.id = member.key;
  source.pointer = spot.pointer;
  check_id_key(findings, member, spot);
  const ObjectReader reader(findings, spot, "source");
  if (const auto format = reader.spot_of("format"))
    read_format(findings, *format, "source_format", source.format, source.csv);
  if (const auto schema = reader.spot_of("schema")) {
    source.schema = read_schema(findings, *schema);
    source.schema->extra = extra_of(reader.text("extra").value_or("keep"));
  }
  if (const auto time = reader.spot_of("event_time"))
    source.event_time = read_event_time(findings, *time);
  source.key_as_bytes = reader.text("key_format") == "bytes";
  if (const auto fields = reader.spot_of("partitioned_by"))
    source.partitioned_by = read_partitioned_by(findings, *fields);
  const std::string_view kind = reader.exactly_one("a source");
  check_fit(findings, reader, kind, source);
  if (const auto inner = reader.spot_of(kind)) source.kind = read_kind(findings, kind, *inner);
  return source;
}

}  // namespace

void check_id_key(Findings& findings, const json::Member& member, const Spot& spot) {
  if (is_id(member.key)) return;
  findings.error_at(
      "BAD_NAME", spot.pointer, member.key_place,
      quoted(member.key) +
          " is no id: a letter or `_`, then letters, digits, `_`, `-`; at most 63 characters");
}

void check_path(Findings& findings, const Spot& spot) {
  std::string_view rest = findings.text(spot.value);
  if (findings.unread(spot.value)) return;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    if (rest.substr(0, end) == "..")
      return findings.error("BAD_VALUE", spot, "a path must not leave its folder by `..`");
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

void check_profile(Findings& findings, const Spot& spot) {
  const auto& profiles = findings.options().profiles;
  const std::string& name = findings.text(spot.value);
  if (findings.unread(spot.value) || profiles.empty() ||
      std::find(profiles.begin(), profiles.end(), name) != profiles.end())
    return;
  findings.error(
      "UNKNOWN_NAME", spot,
      "the daemon's configuration has no Kafka profile " + findings.shown(spot.value),
      base::nearest(name, std::vector<std::string_view>(profiles.begin(), profiles.end())));
}

std::vector<SourceSpec> read_sources(Findings& findings, const Spot& spot) {
  std::vector<SourceSpec> sources;
  const auto members = spot.value.members();
  if (members.empty() || members.size() > kSourcesMax) {
    findings.error("OUT_OF_RANGE", spot,
                   "`sources` must hold 1 to " + std::to_string(kSourcesMax) + " sources");
    return sources;
  }
  for (const json::Member& member : members)
    sources.push_back(read_source(findings, member, spot.at(member.key, member.value)));
  return sources;
}

}  // namespace leat::spec
