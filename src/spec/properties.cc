#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "spec/properties.h"
#include "spec/sections.h"

namespace leat::spec {
namespace {

using Value = Property::Value;
using Side = Property::Side;

// What a definition may tune. All else is refused.
constexpr Property kAllowed[] = {
    {"batch.num.messages", Side::sink, Value::integer, 1, 1'000'000},
    {"batch.size", Side::sink, Value::integer, 1, 2147483647},
    {"client.rack", Side::source, Value::text},
    {"compression.level", Side::sink, Value::integer, -1, 12},
    {"connections.max.idle.ms", Side::both, Value::integer, 0, 2147483647},
    {"fetch.error.backoff.ms", Side::source, Value::integer, 0, 300'000},
    {"fetch.max.bytes", Side::source, Value::integer, 0, 2147483135},
    {"fetch.message.max.bytes", Side::source, Value::integer, 1, 1'000'000'000},
    {"fetch.min.bytes", Side::source, Value::integer, 1, 100'000'000},
    {"fetch.wait.max.ms", Side::source, Value::integer, 0, 300'000},
    {"heartbeat.interval.ms", Side::source, Value::integer, 1, 3'600'000},
    {"linger.ms", Side::sink, Value::integer, 0, 900'000},
    {"max.partition.fetch.bytes", Side::source, Value::integer, 1, 1'000'000'000},
    {"max.poll.interval.ms", Side::source, Value::integer, 1000, 86'400'000},
    {"message.max.bytes", Side::sink, Value::integer, 1000, 1'000'000'000},
    {"metadata.max.age.ms", Side::both, Value::integer, 1, 86'400'000},
    {"queue.buffering.max.kbytes", Side::sink, Value::integer, 1, 2147483647},
    {"queue.buffering.max.messages", Side::sink, Value::integer, 1, 2147483647},
    {"reconnect.backoff.max.ms", Side::both, Value::integer, 0, 3'600'000},
    {"reconnect.backoff.ms", Side::both, Value::integer, 0, 3'600'000},
    {"request.timeout.ms", Side::sink, Value::integer, 1, 900'000},
    {"retry.backoff.ms", Side::both, Value::integer, 1, 300'000},
    {"socket.keepalive.enable", Side::both, Value::boolean},
    {"socket.receive.buffer.bytes", Side::both, Value::integer, 0, 100'000'000},
    {"socket.send.buffer.bytes", Side::both, Value::integer, 0, 100'000'000},
    {"socket.timeout.ms", Side::both, Value::integer, 10, 300'000},
};

// What leat decides itself, because its promises stand on it; most have a key of their own in a
// definition.
constexpr std::string_view kOwn[] = {"acks",
                                     "auto.commit.enable",
                                     "auto.commit.interval.ms",
                                     "auto.offset.reset",
                                     "check.crcs",
                                     "client.id",
                                     "compression.codec",
                                     "compression.type",
                                     "consume.callback.max.messages",
                                     "debug",
                                     "delivery.report.only.error",
                                     "delivery.timeout.ms",
                                     "enable.auto.commit",
                                     "enable.auto.offset.store",
                                     "enable.gapless.guarantee",
                                     "enable.idempotence",
                                     "enable.partition.eof",
                                     "fetch.queue.backoff.ms",
                                     "group.id",
                                     "group.instance.id",
                                     "group.protocol",
                                     "group.remote.assignor",
                                     "isolation.level",
                                     "log_level",
                                     "max.in.flight",
                                     "max.in.flight.requests.per.connection",
                                     "message.send.max.retries",
                                     "message.timeout.ms",
                                     "partition.assignment.strategy",
                                     "partitioner",
                                     "queue.buffering.max.ms",
                                     "queued.max.messages.kbytes",
                                     "queued.min.messages",
                                     "request.required.acks",
                                     "retries",
                                     "session.timeout.ms",
                                     "socket.nagle.disable",
                                     "statistics.interval.ms",
                                     "sticky.partitioning.linger.ms",
                                     "topic.metadata.refresh.interval.ms",
                                     "transaction.timeout.ms",
                                     "transactional.id"};

// Beginnings of what names hosts, holds secrets, reads files or runs code.
constexpr std::string_view kConnection[] = {
    "bootstrap.",     "metadata.broker.", "security.",   "ssl.",    "sasl.",      "plugin.",
    "oauth",          "enable.sasl.",     "enable.ssl.", "broker.", "client.dns", "https.",
    "socket.blocking"};

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

void refuse(Findings& findings, const Spot& spot, json::Place place, const std::string& name,
            PropertyUse use) {
  const std::string lower = lower_case(name);
  const auto begins = [&](std::string_view with) { return lower.starts_with(with); };
  std::string why = " is not among the properties that a definition may tune";
  std::vector<std::string> near;
  if (std::find(std::begin(kOwn), std::end(kOwn), lower) != std::end(kOwn)) {
    why = " is set by leat itself";
  } else if (std::any_of(std::begin(kConnection), std::end(kConnection), begins)) {
    why = " belongs into the daemon's configuration, as a profile that definitions name";
  } else {
    std::vector<std::string_view> known;
    for (const Property& property : kAllowed)
      if (property.side == Side::both ||
          (property.side == Side::source) == (use == PropertyUse::source))
        known.push_back(property.name);
    if (std::find(known.begin(), known.end(), lower) != known.end())
      near.push_back(lower);
    else
      near = base::nearest(lower, known);
  }
  findings.error_at("PROPERTY_REFUSED", spot.pointer, place, quoted(name) + why, std::move(near));
}

bool read_integer(const Findings& findings, const json::Value& value, std::int64_t& out) {
  if (const auto number = value.as_integer<std::int64_t>()) return out = *number, true;
  if (!value.is_string()) return false;
  const std::string& text = findings.text(value);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

bool read_boolean(const Findings& findings, const json::Value& value, bool& out) {
  if (const auto flag = value.as_bool()) return out = *flag, true;
  if (!value.is_string()) return false;
  const std::string& text = findings.text(value);
  return out = text == "true", out || text == "false";
}

std::optional<std::string> read_value(Findings& findings, const Spot& spot,
                                      const Property& property) {
  const std::string name = quoted(property.name);
  if (findings.unread(spot.value)) return findings.text(spot.value);
  if (property.value == Value::boolean) {
    bool flag = false;
    if (read_boolean(findings, spot.value, flag)) return flag ? "true" : "false";
    findings.error("WRONG_TYPE", spot, name + " must be true or false");
    return std::nullopt;
  }
  if (property.value == Value::text) {
    if (spot.value.is_string()) {
      const std::string& text = findings.text(spot.value);
      if (!text.empty() && text.size() <= 255 && !has_control_characters(text)) return text;
    }
    findings.error("WRONG_TYPE", spot, name + " must be a string of 1 to 255 bytes");
    return std::nullopt;
  }
  std::int64_t number = 0;
  if (!read_integer(findings, spot.value, number)) {
    findings.error("WRONG_TYPE", spot, name + " must be an integer");
  } else if (number < property.low || number > property.high) {
    findings.error("OUT_OF_RANGE", spot,
                   name + " must be between " + std::to_string(property.low) + " and " +
                       std::to_string(property.high));
  } else {
    return std::to_string(number);
  }
  return std::nullopt;
}

}  // namespace

std::span<const Property> allowed_properties() noexcept { return kAllowed; }

std::map<std::string, std::string> read_properties(Findings& findings, const Spot& spot,
                                                   PropertyUse use) {
  std::map<std::string, std::string> properties;
  for (const json::Member& member : spot.value.members()) {
    if (findings.full()) break;
    const Spot at = spot.at(member.key, member.value);
    const auto* const property =
        std::find_if(std::begin(kAllowed), std::end(kAllowed), [&](const Property& each) {
          return each.name == member.key &&
                 (each.side == Side::both ||
                  (each.side == Side::source) == (use == PropertyUse::source));
        });
    if (property == std::end(kAllowed)) {
      refuse(findings, at, member.key_place, member.key, use);
    } else if (findings.claim(at)) {
      if (auto value = read_value(findings, at, *property))
        properties[member.key] = *std::move(value);
    }
  }
  return properties;
}

}  // namespace leat::spec
