#pragma once

#include <string>

#include "base/status.h"
#include "json/document.h"
#include "spec/pipeline.h"

// Rows as people write them in tests (JSON objects) and records as bytes, by a format.
namespace leat::trial {

// The bytes of a record of this source. The Status says what does not fit the format.
Result<std::string> write_row(const spec::SourceSpec& source, const json::Value& row);
// The row in the bytes that a sink wrote: JSON as it is, {"value": "…"} of string and bytes
// (base64), a member per column of csv. The Status says why they cannot be read.
Result<json::Value> read_row(const spec::SinkSpec& sink, const std::string& bytes);
// Any bytes as a value to show: JSON where they are, else their text.
json::Value show_bytes(const std::string& bytes);

}  // namespace leat::trial
