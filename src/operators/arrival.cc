#include "operators/arrival.h"

#include <charconv>
#include <cmath>

#include "base/mutant.h"
#include "spec/time.h"

namespace leat::operators {

using record::Type;
using record::Value;
using Unit = spec::EventTimeSpec::Unit;

namespace {

constexpr std::int64_t kFirstUs = -62'135'596'800'000'000;  // 0001-01-01T00:00:00Z
constexpr std::int64_t kLastUs = 253'402'300'799'999'999;   // the end of 9999

std::optional<std::int64_t> in_range(std::int64_t us) noexcept {
  if (us < kFirstUs || us > kLastUs) return std::nullopt;
  return us;
}

std::optional<std::int64_t> of_integer(std::int64_t number, Unit unit) noexcept {
  if (unit == Unit::ns) return in_range(number / 1000 - (number % 1000 < 0 ? 1 : 0));
  const std::int64_t scale = unit == Unit::s ? 1'000'000 : unit == Unit::us ? 1 : 1000;
  std::int64_t us = 0;
  if (__builtin_mul_overflow(number, scale, &us)) return std::nullopt;
  return in_range(us);
}

std::optional<std::int64_t> of_real(double number, Unit unit) noexcept {
  const double scale = unit == Unit::s ? 1e6 : unit == Unit::us ? 1 : unit == Unit::ns ? 1e-3 : 1e3;
  const double us = std::floor(number * scale + 0.5);
  if (!(us >= static_cast<double>(kFirstUs) && us <= static_cast<double>(kLastUs)))
    return std::nullopt;
  return static_cast<std::int64_t>(us);
}

std::optional<std::int64_t> of_text(std::string_view text, Unit unit) noexcept {
  if (unit == Unit::automatic) {
    const std::optional<WallTime> time = spec::parse_rfc3339(text);
    return time ? in_range(time->us) : std::nullopt;
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return of_integer(number, unit);
}

}  // namespace

std::optional<std::int64_t> event_time_of(const Value& value, Unit unit) noexcept {
  switch (value.type()) {
    case Type::timestamp: return in_range(value.as_integer());
    case Type::integer:
      return unit == Unit::pattern ? std::nullopt : of_integer(value.as_integer(), unit);
    case Type::real:
      return unit == Unit::pattern || unit == Unit::automatic ? std::nullopt
                                                              : of_real(value.as_real(), unit);
    case Type::string: return unit == Unit::pattern ? std::nullopt : of_text(value.as_text(), unit);
    default: return std::nullopt;
  }
}

Status Arrival::open(const flow::OperatorContext& context) {
  tally_.open(context);
  clock_ = context.clock;
  counts_ = &context.stats;
  return {};
}

void Arrival::stamp(record::RecordBatch& batch, std::size_t index, record::Column times) {
  record::Row& row = batch.rows()[index];
  if (work_->key_as_bytes) row.flags |= record::Row::kKeyIsBytes;
  const std::int64_t of_record = of_integer(row.timestamp_ms, Unit::ms).value_or(kLastUs);
  std::optional<std::int64_t> time = of_record;
  if (work_->column && !row.tombstone()) {
    time = event_time_of(times.empty() ? Value() : times[index], work_->unit);
    if (!time && work_->fallback_kafka) time = of_record;
  }
  if (!time) return tally_.fail(index, batch, kEventTimeInvalid);
  row.event_time_us = *time;
  const bool moves = !work_->column || !row.tombstone();
  if (clock_ != nullptr) clock_->stamp(row, *time, moves, batch.now);
}

Status Arrival::process(record::RecordBatch& batch, flow::Collector& out) {
  tally_.enter(batch);
  record::Column times;
  if (work_->program != nullptr) {
    work_->program->run(batch, scratch_, batch.make_column(*work_->column));
    LEAT_RETURN_IF_ERROR(scratch_.take_failure());
  }
  if (work_->column) times = batch.column(*work_->column);
  const std::uint64_t ahead = clock_ != nullptr ? clock_->ahead() : 0;
  for (std::size_t i = 0; i < batch.size(); ++i) stamp(batch, i, times);
  if (base::is_planted(base::Mutant::late_by_arrival))
    for (record::Row& row : batch.rows()) row.watermark_us = batch.now.us;
  if (clock_ != nullptr) counts_->ahead.add(clock_->ahead() - ahead);
  tally_.leave(batch);
  if (!batch.empty()) out.emit(std::move(batch));
  return {};
}

}  // namespace leat::operators
