#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "operators/topic_check.h"
#include "plan/expressions.h"
#include "record/value.h"
#include "spec/pipeline.h"

// What can be seen of values that no row may have where it leaves a pipeline, or gets its time.
namespace leat::plan {

// A mistake: every row would fail.
struct Misfit {
  std::string code;     // WRONG_TYPE, or ALWAYS_FAILS of what is the same for every row
  std::string message;  // why, and the remedy
};

// Each gives nothing where some row may pass, for all that is known of the value. Pure.
//
// As the topic of a sink.
std::optional<Misfit> misfit_topic(const Expressions::Value& value,
                                   const operators::TopicCheck::Rules& rules);
// As the time of a sink's records.
std::optional<Misfit> misfit_timestamp(const Expressions::Value& value);
// As the event time of a source's rows; texts with a pattern are of no concern here.
std::optional<Misfit> misfit_event_time(const Expressions::Value& value,
                                        spec::EventTimeSpec::Unit unit);
// As the field `value` of a sink whose format is string or bytes.
std::optional<Misfit> misfit_value(const Expressions::Value& value, spec::Format format);
// As what is written: a field, a column, a key or a header.
std::optional<Misfit> misfit_written(const Expressions::Value& value);

}  // namespace leat::plan
