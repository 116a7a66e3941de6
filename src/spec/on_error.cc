#include <algorithm>

#include "spec/sections.h"
#include "spec/stop_if.h"

namespace leat::spec {
namespace {

RetrySpec read_retry(Findings& findings, const Spot& spot) {
  const ObjectReader reader(findings, spot, "retry");
  RetrySpec retry;
  if (const auto attempts = reader.count("attempts"))
    retry.attempts = static_cast<std::uint32_t>(*attempts);
  retry.initial = reader.duration("initial").value_or(retry.initial);
  const auto max = reader.duration("max");
  retry.max = max.value_or(std::max(retry.max, retry.initial));
  if (max && retry.max < retry.initial)
    findings.error("OUT_OF_RANGE", *reader.spot_of("max"),
                   "`max` must not be shorter than `initial`");
  return retry;
}

void read_dead_letter(Findings& findings, const Spot& spot, OnErrorSpec& on_error) {
  const ObjectReader reader(findings, spot, "dead_letter");
  on_error.topic = reader.text("topic").value_or("");
  if (const auto profile = reader.spot_of("profile")) {
    check_profile(findings, *profile);
    on_error.profile = findings.text(profile->value);
  }
}

}  // namespace

ErrorAction action_of(std::string_view word) noexcept {
  if (word == "skip") return ErrorAction::skip;
  return word == "stop" ? ErrorAction::stop : ErrorAction::dead_letter;
}

OnErrorSpec read_on_error(Findings& findings, const Spot& spot) {
  const ObjectReader reader(findings, spot, "on_error");
  OnErrorSpec on_error;
  on_error.decode = action_of(reader.text("decode").value_or("dead_letter"));
  on_error.record = action_of(reader.text("record").value_or("dead_letter"));
  if (const auto retry = reader.spot_of("retry")) on_error.retry = read_retry(findings, *retry);
  if (const auto letters = reader.spot_of("dead_letter"))
    read_dead_letter(findings, *letters, on_error);
  if (const auto stop_if = reader.text("stop_if"))
    if (Result<StopIfSpec> condition = parse_stop_if(*stop_if); condition.ok())
      on_error.stop_if = *condition;
  return on_error;
}

}  // namespace leat::spec
