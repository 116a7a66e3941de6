#include "flow/row_text.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>
#include <vector>

namespace leat::flow {
namespace {

using record::Value;

std::string code_of(const record::RowError* error) {
  return error == nullptr ? "" : std::string(error->code);
}

// A batch of one row with one column.
record::RecordBatch batch_of(const Value& value) {
  record::RecordBatch batch{base::Ref<record::BatchMemory>(new record::BatchMemory())};
  batch.rows().emplace_back();
  batch.make_column(0)[0] = value;
  return batch;
}

// The key that a sink writes for the value of its expression, "no key", or the code of the error.
std::string key_of(const Value& value) {
  const record::RecordBatch batch = batch_of(value);
  SinkBinding binding;
  binding.key = SinkBinding::Column{0};
  RowText text;
  const std::string code = code_of(choose_text(binding, batch, 0, text));
  return !code.empty() ? code : std::string(text.key.value_or("no key"));
}

// The header that a rule makes of the value of its expression: "null", "none", its value, or the
// code of the error.
std::string header_of(const Value& value) {
  const record::RecordBatch batch = batch_of(value);
  SinkBinding binding;
  binding.headers.push_back({"h", SinkBinding::Column{0}});
  std::vector<record::Header> headers;
  const std::string code = code_of(choose_headers({}, binding, batch, 0, headers));
  if (!code.empty()) return code;
  if (headers.empty()) return "none";
  return headers[0].null ? "null" : std::string(headers[0].value);
}

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(RowText, ComputedListsAndMapsAreKeysAndHeadersAsJson) {
  const std::array items{Value::integer(1), Value::string("a\"b"), Value::null(),
                         Value::duration(5'400'000'000)};
  const record::Entry entry{Value::string("a"), Value::list(items)};
  EXPECT_EQ(key_of(Value::list(items)), R"([1,"a\"b",null,"5400s"])");
  EXPECT_EQ(key_of(Value::map(&entry, 1)), R"({"a":[1,"a\"b",null,"5400s"]})");
  EXPECT_EQ(header_of(Value::list(items)), R"([1,"a\"b",null,"5400s"])");
  EXPECT_EQ(header_of(Value::map(&entry, 1)), R"({"a":[1,"a\"b",null,"5400s"]})");
}

TEST(RowText, AListIsTheSameKeyComputedAndCopied) {
  const std::array items{Value::integer(1)};
  EXPECT_EQ(key_of(Value::list(items)), key_of(Value::json("[1]")));
}

TEST(RowText, WhatHasNoTextFailsTheRowInsteadOfLosingItsKey) {
  const std::array inner{Value::real(kNan)};
  for (const Value& value :
       {Value::type_name("int"), Value::real(kNan), Value::real(-kInfinity), Value::list(inner)}) {
    EXPECT_EQ(key_of(value), "NOT_REPRESENTABLE");
    EXPECT_EQ(header_of(value), "NOT_REPRESENTABLE");
  }
}

TEST(RowText, NullAndAbsentAreNoKeyAndAnOptionalIsItsValue) {
  const Value inside = Value::string("x");
  EXPECT_EQ(key_of(Value::null()), "no key");
  EXPECT_EQ(key_of(Value()), "no key");
  EXPECT_EQ(key_of(Value::optional(nullptr)), "no key");
  EXPECT_EQ(key_of(Value::optional(&inside)), "x");
  EXPECT_EQ(header_of(Value::null()), "null");
  EXPECT_EQ(header_of(Value()), "none");
  EXPECT_EQ(header_of(Value::optional(&inside)), "x");
}

TEST(RowText, ScalarsAreTheirText) {
  EXPECT_EQ(key_of(Value::duration(5'400'000'000)), "5400s");
  EXPECT_EQ(key_of(Value::timestamp(1'767'225'600'250'000)), "2026-01-01T00:00:00.25Z");
  EXPECT_EQ(key_of(Value::boolean(true)), "true");
  EXPECT_EQ(key_of(Value::integer(-5)), "-5");
  EXPECT_EQ(key_of(Value::real(0.5)), "0.5");
  EXPECT_EQ(key_of(Value::bytes("\xff")), "\xff");
}

}  // namespace
}  // namespace leat::flow
