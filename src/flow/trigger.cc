#include "flow/trigger.h"

namespace leat::flow {

Decision decide(const Trigger& trigger, const EpochView& epoch, Instant now) noexcept {
  Decision decision;
  const bool full =
      epoch.records >= trigger.epoch_records_max || epoch.bytes >= trigger.epoch_bytes_max;
  const bool held = trigger.release == Release::at_epoch_end;
  decision.release = !held;
  decision.poll = !((held || trigger.bounded) && full);
  const bool due = epoch.records > 0 && (full || now - epoch.opened_at >= trigger.epoch_interval);
  decision.cut = !epoch.commit_pending && (due || epoch.switch_pending);
  return decision;
}

Instant next_cut_at(const Trigger& trigger, const EpochView& epoch) noexcept {
  if (epoch.commit_pending || epoch.records == 0) return base::kNever;
  return epoch.opened_at + trigger.epoch_interval;
}

Trigger make_trigger(const spec::TriggerSpec& written) noexcept {
  Trigger trigger;
  trigger.epoch_records_max = written.max_records != 0 ? written.max_records : kEpochRecordsMax;
  trigger.epoch_bytes_max = kEpochBytesMax;
  switch (written.mode) {
    case spec::TriggerMode::micro_batch:
      trigger.release = Release::at_epoch_end;
      trigger.epoch_interval = written.interval;
      break;
    case spec::TriggerMode::real_time:
      trigger.release = Release::at_once;
      trigger.epoch_interval = written.checkpoint_interval;
      break;
    case spec::TriggerMode::available_now:
      trigger.release = Release::at_epoch_end;
      trigger.stop_at_end = true;
      break;
  }
  return trigger;
}

}  // namespace leat::flow
