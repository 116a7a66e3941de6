#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "json/document.h"

// The tests of a definition, checked and typed: input in virtual time, what functions answer, and
// what must come out. Values, immutable once parse() returned them. Names of sources and sinks are
// those of the definition.
namespace leat::spec {

enum class TestMode : std::uint8_t { real_time, micro_batch };

// One record of input: `{"k": 1}`, or `{"$value": {"k": 1}, "$key": "a", …}`.
struct TestRecord {
  enum class Content : std::uint8_t {
    row,  // `row`, in the words of the source's format: JSON, {"value": …} of string and bytes
          // (base64), a member per column of csv
    raw,  // `raw`: the bytes of the value as they are
    null  // a tombstone
  } content = Content::row;
  json::Value row;  // an object
  std::string raw;
  std::optional<std::string> key;     // absent = none
  std::optional<WallTime> timestamp;  // absent = virtual now
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<std::int32_t> partition;  // absent = by the key; 0 without one
};
// `{"$advance": "10s"}`: the virtual clock goes on.
struct TestAdvance {
  Duration by{};  // not negative
};
// `{"$watermark": "2026-01-01T00:01:00Z"}`: the source's watermark is at least this.
struct TestWatermark {
  WallTime to;
};
// `{"$end": true}`: a drain; nothing but time comes behind it in this source.
struct TestEnd {};

struct TestInputItem {
  std::string pointer;
  std::variant<TestRecord, TestAdvance, TestWatermark, TestEnd> what;
};
// What one source gets, in the order of the text. The virtual clock begins at kTestStart; records
// of several sources go by timestamp, ties by the order of the document.
struct TestInput {
  std::string source;
  std::vector<TestInputItem> items;
};
inline constexpr WallTime kTestStart{1'767'225'600'000'000};  // 2026-01-01T00:00:00Z

// What a function answers instead of running: `{"geo.country_of": {"10.0.0.1": "DE"}}`. A call
// without an answer fails the row.
struct TestFunction {
  struct Answer {
    // A key that is a JSON list holds all arguments, equal by value; any other key is the text of
    // the single argument (strings as they are, others as JSON).
    std::optional<std::vector<json::Value>> arguments;
    std::string argument;
    json::Value result;
  };
  std::string name;
  std::string pointer;
  std::vector<Answer> answers;
};

// One row that must come out: an object, or the long form, of which only what stands there counts.
// Inside `value`, {"$approx": x} is a number within 1e-6 of x relative to the greater magnitude
// (1e-9 near zero), and {"$any": true} whatever is there.
struct ExpectedRow {
  std::string pointer;
  std::optional<json::Value> value;  // null = a tombstone
  std::optional<std::string> raw;    // the bytes of the value
  std::optional<std::optional<std::string>> key;
  std::optional<WallTime> timestamp;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;  // null = not there
  std::optional<std::int32_t> partition;
  std::optional<std::string> topic;
};
// What one sink must have written. Everything given must hold.
struct TestExpectation {
  std::string sink;
  std::string pointer;
  std::optional<std::vector<ExpectedRow>> exactly;       // these, in any order
  std::optional<std::vector<ExpectedRow>> sequence;      // these, in this order
  std::optional<std::vector<ExpectedRow>> contains;      // these among others
  std::optional<std::uint64_t> count;                    // so many
  std::optional<std::vector<ExpectedRow>> last_per_key;  // the last row of every `key`, any order
  std::vector<std::vector<std::string>> key;             // field paths; with last_per_key only
};
// One dead letter that must be there; what is not given may be anything.
struct ExpectedError {
  std::string pointer;
  std::optional<std::string> step;  // id of a source, step or sink
  std::optional<std::string> code;
  std::optional<ExpectedRow> record;  // the source record: value, raw, key, headers
};

struct TestSpec {
  std::string name;  // unique in the definition
  std::string pointer;
  std::vector<TestMode> modes;  // never empty, no repetition
  std::vector<TestFunction> functions;
  std::vector<TestInput> inputs;              // in the order of the text
  std::vector<TestExpectation> expectations;  // of some of the sinks
  // All dead letters, in any order; absent = the test says nothing of them.
  std::optional<std::vector<ExpectedError>> errors;
};

}  // namespace leat::spec
