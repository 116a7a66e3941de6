#include "base/text.h"
#include "spec/sections.h"

namespace leat::spec {
namespace {

constexpr std::size_t kSinksMax = 64;
constexpr std::size_t kHeadersMax = 64;
constexpr std::size_t kHeaderNameMax = 249;

constexpr std::size_t kTopicBytesMax = 249;

bool is_topic_glob(std::string_view text) {
  std::string plain(text);
  for (char& c : plain)
    if (c == '*' || c == '?') c = '_';
  return text.size() <= kTopicBytesMax && !text.starts_with("__") &&
         (is_topic_name(plain) || plain == "." || plain == "..");
}

void read_globs(Findings& findings, const Spot& spot, KafkaSinkSpec& kafka) {
  const std::size_t count = spot.value.elements().size();
  const std::size_t most = findings.options().topics_max;
  if (count == 0 || count > most)
    findings.error("OUT_OF_RANGE", spot,
                   "`topics` must hold 1 to " + std::to_string(most) + " names");
  for (std::size_t i = 0; i < count && i < most && !findings.full(); ++i) {
    const Spot at = spot.at(i);
    if (findings.taken(at.value)) continue;
    const std::string* glob = at.value.as_string();
    if (glob == nullptr)
      findings.error(
          "WRONG_TYPE", at,
          "the name of a topic is a string, not " + std::string(json::kind_name(at.value.kind())));
    else if (!is_topic_glob(*glob))
      findings.error("BAD_NAME", at,
                     quoted(*glob) +
                         " is no name of topics: letters, digits, `.`, `_`, `-`, and `*` and `?` "
                         "for any text and any character");
    else
      kafka.topics.push_back(*glob);
  }
}

void read_topic(Findings& findings, const ObjectReader& reader, KafkaSinkSpec& kafka) {
  const auto topic = reader.spot_of("topic");
  const auto globs = reader.spot_of("topics");
  if (topic && topic->value.is_object())
    kafka.topic_expression = read_expression_object(findings, *topic);
  else if (topic)
    kafka.topic = findings.text(topic->value);
  if (globs) read_globs(findings, *globs, kafka);
  if (topic && topic->value.is_object() && !reader.has("topics"))
    findings.error("MISSING_FIELD", reader.spot(),
                   "`topics` is missing: the names, with `*` and `?`, that the expression of "
                   "`topic` may give");
  if (topic && topic->value.is_string() && globs)
    findings.error("BAD_VALUE", *globs, "`topics` stands beside an expression, {\"expr\": \"…\"}");
}

void read_key(Findings& findings, const Spot& spot, KafkaSinkSpec& kafka) {
  if (spot.value.is_null()) {
    kafka.key.emplace(std::nullopt);
  } else if (auto key = read_text_or_expression(findings, spot)) {
    kafka.key.emplace(*std::move(key));
  }
}

void read_headers(Findings& findings, const Spot& spot, KafkaSinkSpec& kafka) {
  if (spot.value.members().size() > kHeadersMax)
    return findings.error("OUT_OF_RANGE", spot,
                          "at most " + std::to_string(kHeadersMax) + " headers can be set");
  for (const json::Member& member : spot.value.members()) {
    const Spot at = spot.at(member.key, member.value);
    if (member.key.empty() || member.key.size() > kHeaderNameMax ||
        has_control_characters(member.key))
      findings.error_at("BAD_NAME", at.pointer, member.key_place,
                        "a header's name has 1 to 249 bytes and no control characters");
    if (member.key == "leat-src")
      findings.error_at("RESERVED_NAME", at.pointer, member.key_place,
                        "`leat-src` is written by `\"origin_header\": true`");
    if (member.value.is_null()) {
      kafka.headers.emplace_back(member.key, std::nullopt);
    } else if (auto value = read_text_or_expression(findings, at)) {
      kafka.headers.emplace_back(member.key, *std::move(value));
    }
  }
}

Compression compression_of(std::string_view name) noexcept {
  if (name == "gzip") return Compression::gzip;
  if (name == "snappy") return Compression::snappy;
  if (name == "lz4") return Compression::lz4;
  return name == "zstd" ? Compression::zstd : Compression::none;
}

TimestampText timestamps_of(std::string_view name) noexcept {
  if (name == "ms") return TimestampText::ms;
  return name == "us" ? TimestampText::us : TimestampText::rfc3339;
}

KafkaSinkSpec read_kafka(Findings& findings, const Spot& spot) {
  const ObjectReader reader(findings, spot, "kafka_sink");
  KafkaSinkSpec kafka;
  read_topic(findings, reader, kafka);
  if (const auto profile = reader.spot_of("profile")) {
    check_profile(findings, *profile);
    kafka.profile = findings.text(profile->value);
  }
  if (const auto key = reader.spot_of("key")) read_key(findings, *key, kafka);
  if (const auto headers = reader.spot_of("headers")) read_headers(findings, *headers, kafka);
  kafka.forward_headers = reader.flag("forward_headers").value_or(true);
  kafka.origin_header = reader.flag("origin_header").value_or(false);
  kafka.allow_loop = reader.flag("allow_loop").value_or(false);
  if (const json::Value* partition = reader.get("partition"))
    kafka.partition = partition->as_integer<std::int32_t>();
  if (const auto timestamp = reader.spot_of("timestamp"))
    kafka.timestamp = read_expression_object(findings, *timestamp);
  kafka.compression = compression_of(reader.text("compression").value_or("none"));
  if (const auto properties = reader.spot_of("properties"))
    kafka.properties = read_properties(findings, *properties, PropertyUse::sink);
  return kafka;
}

FileSinkSpec read_file(Findings& findings, const Spot& spot) {
  const ObjectReader reader(findings, spot, "file_sink");
  const auto path = reader.spot_of("path");
  if (!path) return {};
  check_path(findings, *path);
  return {findings.text(path->value)};
}

SinkDraft read_sink(Findings& findings, const json::Member& member, const Spot& spot) {
  SinkDraft draft{{}, spot, nullptr};
  SinkSpec& sink = draft.spec;
  sink.id = member.key;
  sink.pointer = spot.pointer;
  check_id_key(findings, member, spot);
  const ObjectReader reader(findings, spot, "sink");
  if (const auto format = reader.spot_of("format"))
    read_format(findings, *format, "sink_format", sink.format, sink.csv);
  sink.timestamps = timestamps_of(reader.text("timestamps").value_or("rfc3339"));
  draft.from = reader.get("from");
  const std::string_view kind = reader.exactly_one("a sink");
  const auto inner = reader.spot_of(kind);
  if (!inner) return draft;
  if (kind == "kafka") {
    sink.kind = read_kafka(findings, *inner);
  } else if (kind == "file") {
    sink.kind = read_file(findings, *inner);
  } else {
    const ObjectReader empty(findings, *inner, "no_settings");
    sink.kind = StdoutSinkSpec{};
  }
  return draft;
}

}  // namespace

std::vector<SinkDraft> read_sinks(Findings& findings, const Spot& spot) {
  std::vector<SinkDraft> sinks;
  const auto members = spot.value.members();
  if (members.empty() || members.size() > kSinksMax) {
    findings.error("OUT_OF_RANGE", spot,
                   "`sinks` must hold 1 to " + std::to_string(kSinksMax) + " sinks");
    return sinks;
  }
  for (const json::Member& member : members)
    sinks.push_back(read_sink(findings, member, spot.at(member.key, member.value)));
  return sinks;
}

}  // namespace leat::spec
