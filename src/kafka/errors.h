#pragma once

#include <span>
#include <string>
#include <string_view>

#include <librdkafka/rdkafka.h>

#include "base/status.h"
#include "record/value.h"

namespace leat::kafka {

// What an error of librdkafka or the broker means for us.
enum class ErrorClass : unsigned char {
  retriable,  // goes away by itself: try again, tell that we are not connected when it lasts
  row,        // this record can never be written: counted and dropped
  producer,   // this producer is broken: the pipeline restarts from its last commit with a new one
  pipeline,   // a person must act, or somebody else has our place
};

// One line of the table: immutable, lives as long as the process.
struct ErrorRule {
  rd_kafka_resp_err_t error;
  ErrorClass kind;
  Code code;
  std::string_view name;    // stable, for conditions and problems
  std::string_view remedy;  // what a person can do; empty = nothing
};
std::span<const ErrorRule> error_rules() noexcept;

// The rule of an error. Errors that are not in the table are pipeline errors with the name
// KAFKA_ERROR.
const ErrorRule& classify(rd_kafka_resp_err_t error) noexcept;

// The row error of a record that is refused. Requires: the rule's kind is `row`.
const record::RowError& row_error(rd_kafka_resp_err_t error) noexcept;

// "<what>: <librdkafka's words>. <remedy>" with fields `code` (the rule's name) and `kafka`
// (librdkafka's name).
Status to_status(rd_kafka_resp_err_t error, std::string_view what);
// The sentence of to_status without the fields.
std::string describe(rd_kafka_resp_err_t error, std::string_view what);

}  // namespace leat::kafka
