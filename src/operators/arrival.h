#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "expr/program.h"
#include "flow/operator.h"
#include "operators/tally.h"
#include "spec/pipeline.h"

namespace leat::operators {

inline constexpr record::RowError kEventTimeInvalid{"EVENT_TIME_INVALID",
                                                    "the row's event time is missing, or no time"};

// What an Arrival does; shared by all tasks. Immutable.
struct ArrivalWork {
  std::shared_ptr<const expr::Program> program;  // makes the time; null = it is in `column` already
  std::optional<std::size_t> column;             // absent = rows have the time of their record
  spec::EventTimeSpec::Unit unit = spec::EventTimeSpec::Unit::automatic;
  bool fallback_kafka = false;  // the record's time where there is none
  bool key_as_bytes = false;
};

// A value as an event time in microseconds: a time; a text in RFC 3339 or an integer of
// milliseconds (automatic); a number, or a text of one, of the unit. Nothing when it is none, or not
// between the years 1 and 9999.
std::optional<std::int64_t> event_time_of(const record::Value& value,
                                          spec::EventTimeSpec::Unit unit) noexcept;

// The last operator of a source: gives every row its event time and watermark, and counts the rows
// of the source. Rows without a usable time fail; tombstones have the time of their record, which
// moves the watermark only where all rows have that. Thread-confined.
class Arrival final : public flow::Operator {
 public:
  explicit Arrival(std::shared_ptr<const ArrivalWork> work)
      : work_(std::move(work)), tally_(Counting::every_row) {}
  Status open(const flow::OperatorContext& context) override;
  Status process(record::RecordBatch& batch, flow::Collector& out) override;

 private:
  void stamp(record::RecordBatch& batch, std::size_t row, record::Column times);

  const std::shared_ptr<const ArrivalWork> work_;
  Tally tally_;
  flow::SourceClock* clock_ = nullptr;
  flow::StepStats* counts_ = nullptr;
  expr::Scratch scratch_;
};

}  // namespace leat::operators
