#include "trial/modes.h"

#include "spec/text.h"

namespace leat::trial {
namespace {

constexpr Duration kInterval = std::chrono::seconds(1);

spec::TriggerMode trigger_mode(spec::TestMode mode) noexcept {
  return mode == spec::TestMode::micro_batch ? spec::TriggerMode::micro_batch
                                             : spec::TriggerMode::real_time;
}

}  // namespace

std::string_view mode_text(spec::TestMode mode) noexcept {
  return spec::mode_name(trigger_mode(mode));
}

spec::TriggerSpec trial_trigger(const spec::TriggerSpec& written, spec::TestMode mode,
                                std::uint64_t batch_rows) {
  spec::TriggerSpec trigger;
  trigger.mode = trigger_mode(mode);
  if (written.mode == trigger.mode) {
    trigger = written;
  } else {
    trigger.interval = kInterval;
    trigger.checkpoint_interval = kInterval;
  }
  if (mode == spec::TestMode::micro_batch) trigger.max_records = batch_rows;
  return trigger;
}

spec::TriggerSpec preview_trigger() {
  spec::TriggerSpec trigger;
  trigger.mode = spec::TriggerMode::real_time;
  trigger.checkpoint_interval = kInterval;
  return trigger;
}

}  // namespace leat::trial
