#include "base/text.h"
#include "spec/sections.h"

namespace leat::spec {
namespace {

constexpr std::size_t kSinksMax = 64;
constexpr std::size_t kHeadersMax = 64;
constexpr std::size_t kHeaderNameMax = 249;

void read_topic(Findings& findings, const Spot& spot, KafkaSinkSpec& kafka) {
  if (spot.value.is_object())
    return findings.not_yet(spot.pointer, spot.value.place(), "a computed topic");
  kafka.topic = *spot.value.as_string();
  if (!is_topic_name(kafka.topic))
    findings.error("BAD_NAME", spot,
                   quoted(kafka.topic) +
                       " is no name of a topic: letters, digits, `.`, `_`, `-`; at most 249");
  else if (kafka.topic.starts_with("__"))
    findings.error("RESERVED_NAME", spot, quoted(kafka.topic) + " is an internal topic of Kafka");
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

KafkaSinkSpec read_kafka(Findings& findings, const Spot& spot) {
  const ObjectReader reader(findings, spot, "kafka_sink");
  KafkaSinkSpec kafka;
  if (const auto topic = reader.spot_of("topic")) read_topic(findings, *topic, kafka);
  if (const auto profile = reader.spot_of("profile")) {
    check_profile(findings, *profile);
    kafka.profile = *profile->value.as_string();
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
  return {*path->value.as_string()};
}

SinkDraft read_sink(Findings& findings, const json::Member& member, const Spot& spot) {
  SinkDraft draft{{}, spot, nullptr};
  SinkSpec& sink = draft.spec;
  sink.id = member.key;
  sink.pointer = spot.pointer;
  if (!is_id(member.key))
    findings.error_at(
        "BAD_NAME", spot.pointer, member.key_place,
        quoted(member.key) +
            " is no id: a letter or `_`, then letters, digits, `_`, `-`; at most 63 characters");
  const ObjectReader reader(findings, spot, "sink");
  sink.format = read_format(reader).value_or(Format::json);
  draft.from = reader.get("from");
  const std::string_view kind = reader.exactly_one("a sink", {"kafka", "file", "stdout"});
  const auto inner = reader.spot_of(kind);
  if (!inner) return draft;
  if (kind == "kafka") {
    sink.kind = read_kafka(findings, *inner);
  } else if (kind == "file") {
    sink.kind = read_file(findings, *inner);
  } else {
    const ObjectReader empty(findings, *inner, "stdout_sink");
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
