#include "spec/sections.h"
#include "spec/text.h"

namespace leat::spec {
namespace {

// Which modes a key belongs to.
void check_mode_keys(Findings& findings, const ObjectReader& reader, TriggerMode mode) {
  struct Rule {
    std::string_view key;
    bool fits;
    std::string_view modes;
  };
  const Rule rules[] = {
      {"interval", mode == TriggerMode::micro_batch, "`micro_batch`"},
      {"max_records", mode != TriggerMode::real_time, "`micro_batch` and `available_now`"},
      {"checkpoint_interval", mode == TriggerMode::real_time, "`real_time`"},
  };
  for (const Rule& rule : rules) {
    const json::Member* member = reader.spot().value.find_member(rule.key);
    if (member == nullptr || rule.fits) continue;
    findings.error_at("NOT_IN_THIS_MODE", json::pointer_to(reader.spot().pointer, rule.key),
                      member->key_place,
                      quoted(rule.key) + " belongs to " + std::string(rule.modes) + ", not to " +
                          quoted(mode_name(mode)));
  }
}

}  // namespace

TriggerSpec read_trigger(Findings& findings, const Spot& spot) {
  TriggerSpec trigger;
  const ObjectReader reader(findings, spot, "trigger");
  const auto mode = reader.text("mode");
  if (!mode) return trigger;
  if (*mode == "micro_batch") trigger.mode = TriggerMode::micro_batch;
  if (*mode == "available_now") trigger.mode = TriggerMode::available_now;
  check_mode_keys(findings, reader, trigger.mode);
  trigger.max_records = reader.count("max_records").value_or(0);
  if (trigger.mode == TriggerMode::micro_batch)
    trigger.interval = reader.duration("interval").value_or(Duration::zero());
  if (trigger.mode == TriggerMode::real_time)
    trigger.checkpoint_interval =
        reader.duration("checkpoint_interval").value_or(findings.options().checkpoint_interval);
  return trigger;
}

}  // namespace leat::spec
