#include "spec/tests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "definitions.h"
#include "json/parse.h"

namespace leat::spec {
namespace {

using namespace testing;  // NOLINT
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string text_of(const json::Value& value) { return json::to_text(value); }

std::string errors_of_input(std::string_view items) {
  return errors_of(with_test(R"("name": "t", "input": {"orders": [)" + std::string(items) +
                             R"(]}, "expect": {})"));
}
std::string errors_of_expect(std::string_view members) {
  return errors_of(with_test(R"("name": "t", "expect": {)" + std::string(members) + "}"));
}

TEST(Tests, TheSmallestOneRunsInBothModes) {
  const ParseResult result = parse_pipeline(with_test(R"("name": "t", "expect": {})"));
  ASSERT_TRUE(result.ok()) << codes(result.diagnostics);
  ASSERT_EQ(result.spec->tests.size(), 1u);
  const TestSpec& test = result.spec->tests[0];
  EXPECT_EQ(test.name, "t");
  EXPECT_EQ(test.pointer, "/tests/0");
  EXPECT_THAT(test.modes, ElementsAre(TestMode::real_time, TestMode::micro_batch));
  EXPECT_THAT(test.inputs, IsEmpty());
  EXPECT_FALSE(test.errors.has_value());
}

TEST(Tests, ReadsEveryKindOfInput) {
  const auto spec = parse_pipeline(kFull).spec;
  ASSERT_TRUE(spec);
  const TestSpec& test = spec->tests[0];
  EXPECT_THAT(test.modes, ElementsAre(TestMode::micro_batch));
  ASSERT_EQ(test.inputs.size(), 2u);
  EXPECT_EQ(test.inputs[0].source, "orders");
  EXPECT_THAT(test.inputs[1].items, IsEmpty());
  const auto& items = test.inputs[0].items;
  ASSERT_EQ(items.size(), 7u);
  const auto& plain = std::get<TestRecord>(items[0].what);
  EXPECT_EQ(text_of(plain.row), R"({"a":1})");
  EXPECT_FALSE(plain.key || plain.timestamp || plain.partition);
  const auto& full = std::get<TestRecord>(items[1].what);
  EXPECT_EQ(items[1].pointer, "/tests/0/input/orders/1");
  EXPECT_EQ(text_of(full.row), R"({"a":2})");
  EXPECT_EQ(full.key, "k");
  EXPECT_EQ(full.timestamp->us, kTestStart.us + 5'000'000);
  EXPECT_EQ(full.headers[0].first + full.headers[0].second, "hv");
  EXPECT_EQ(full.partition, 3);
  const auto& raw = std::get<TestRecord>(items[2].what);
  EXPECT_EQ(raw.content, TestRecord::Content::raw);
  EXPECT_EQ(raw.raw, "no json");
  EXPECT_FALSE(raw.key.has_value());
  EXPECT_EQ(std::get<TestRecord>(items[3].what).content, TestRecord::Content::null);
  EXPECT_EQ(std::get<TestAdvance>(items[4].what).by, 10s);
  EXPECT_EQ(std::get<TestWatermark>(items[5].what).to.us, kTestStart.us + 60'000'000);
  EXPECT_TRUE(std::holds_alternative<TestEnd>(items[6].what));
}

TEST(Tests, ReadsEveryKindOfExpectation) {
  const auto spec = parse_pipeline(kFull).spec;
  ASSERT_TRUE(spec);
  const TestSpec& test = spec->tests[0];
  ASSERT_EQ(test.expectations.size(), 2u);
  const TestExpectation& out = test.expectations[0];
  EXPECT_EQ(out.sink, "out");
  EXPECT_EQ(out.count, 4u);
  EXPECT_THAT(*out.sequence, IsEmpty());
  EXPECT_THAT(*out.contains, IsEmpty());
  ASSERT_EQ(out.exactly->size(), 4u);
  EXPECT_EQ(text_of(*(*out.exactly)[0].value), R"({"k":{"$approx":1.5}})");
  const ExpectedRow& row = (*out.exactly)[1];
  EXPECT_EQ(row.pointer, "/tests/0/expect/out/exactly/1");
  EXPECT_TRUE(row.key.has_value() && !row.key->has_value());
  EXPECT_EQ(row.headers[0].second, "2");
  EXPECT_FALSE(row.headers[1].second.has_value());
  EXPECT_EQ(row.topic, "out");
  EXPECT_EQ(row.partition, 2);
  EXPECT_EQ(row.timestamp->us, kTestStart.us + 5'000'000);
  EXPECT_TRUE((*out.exactly)[2].value->is_null());
  EXPECT_EQ((*out.exactly)[3].raw, "x");
  const TestExpectation& copy = test.expectations[1];
  EXPECT_EQ(copy.last_per_key->size(), 1u);
  EXPECT_THAT(copy.key, ElementsAre(ElementsAre("k"), ElementsAre("v", "w")));
  ASSERT_EQ(test.errors->size(), 2u);
  const ExpectedError& error = (*test.errors)[0];
  EXPECT_EQ(error.step, "orders");
  EXPECT_EQ(error.code, "NOT_JSON");
  EXPECT_EQ(error.record->raw, "no json");
  EXPECT_TRUE(error.record->key.has_value() && !error.record->key->has_value());
  EXPECT_FALSE((*test.errors)[1].step.has_value());
}

TEST(Tests, ReadsWhatFunctionsAnswer) {
  const auto spec = parse_pipeline(kFull).spec;
  ASSERT_TRUE(spec);
  ASSERT_EQ(spec->tests[0].functions.size(), 1u);
  const TestFunction& function = spec->tests[0].functions[0];
  EXPECT_EQ(function.name, "f");
  ASSERT_EQ(function.answers.size(), 2u);
  EXPECT_EQ(function.answers[0].argument, "x");
  EXPECT_FALSE(function.answers[0].arguments.has_value());
  EXPECT_EQ(text_of(function.answers[0].result), "1");
  EXPECT_EQ(function.answers[1].arguments->size(), 2u);
  EXPECT_EQ(text_of(function.answers[1].result), "[2]");
  EXPECT_EQ(errors_of(with_test(
                R"("name": "t", "expect": {}, "mock": {"functions": {"f": 1, "g": {"[1,": 2}}})")),
            "WRONG_TYPE /tests/0/mock/functions/f\nBAD_VALUE /tests/0/mock/functions/g/[1,");
}

TEST(Tests, NamesAreThoseOfTheDefinition) {
  EXPECT_EQ(
      errors_of(with_test(
          R"("name": "t", "input": {"order": [], "out": []}, "expect": {"orders": {"count": 1}, "out": {"count": 1}})")),
      "UNKNOWN_NAME /tests/0/input/order\nUNKNOWN_NAME /tests/0/input/out\nUNKNOWN_NAME "
      "/tests/0/expect/orders");
}

TEST(Tests, NamesOfTestsAreUnique) {
  EXPECT_EQ(errors_of(with(with_test(R"("name": "t", "expect": {})"), R"(}], "steps")",
                           R"(}, {"name": "t", "expect": {}}], "steps")")),
            "DUPLICATE_ID /tests/1/name");
}

TEST(Tests, WrongInputIsRefusedAtItsPlace) {
  EXPECT_EQ(errors_of_input("1, null, \"x\", []"),
            "WRONG_TYPE /tests/0/input/orders/0\nWRONG_TYPE /tests/0/input/orders/1\nWRONG_TYPE "
            "/tests/0/input/orders/2\nWRONG_TYPE /tests/0/input/orders/3");
  EXPECT_EQ(errors_of_input(R"({"$key": "a"})"), "EXACTLY_ONE_OF /tests/0/input/orders/0");
  EXPECT_EQ(errors_of_input(R"({"$value": {}, "$null": true})"),
            "EXACTLY_ONE_OF /tests/0/input/orders/0");
  EXPECT_EQ(errors_of_input(R"({"$value": {}, "a": 1})"),
            "UNKNOWN_FIELD /tests/0/input/orders/0/a");
  EXPECT_EQ(errors_of_input(R"({"$advanc": "1s"})"),
            "UNKNOWN_FIELD /tests/0/input/orders/0/$advanc");
  EXPECT_EQ(errors_of_input(R"({"$advance": "1s", "$key": "a"})"),
            "BAD_VALUE /tests/0/input/orders/0/$key");
  EXPECT_EQ(errors_of_input(R"({"$advance": "-1s"}, {"$watermark": "now"}, {"$end": false})"),
            "BAD_VALUE /tests/0/input/orders/0/$advance\nBAD_VALUE "
            "/tests/0/input/orders/1/$watermark\nBAD_VALUE /tests/0/input/orders/2/$end");
  EXPECT_EQ(errors_of_input(R"({"$end": true}, {"$advance": "1s"}, {"a": 1})"),
            "BAD_VALUE /tests/0/input/orders/2");
  EXPECT_EQ(errors_of_input(R"({"$value": {}, "$headers": {"a": 1}, "$timestamp": 5})"),
            "WRONG_TYPE /tests/0/input/orders/0/$headers/a\nWRONG_TYPE "
            "/tests/0/input/orders/0/$timestamp");
  EXPECT_EQ(errors_of(with_test(R"("name": "t", "input": {"orders": {}}, "expect": {})")),
            "WRONG_TYPE /tests/0/input/orders");
}

TEST(Tests, WrongExpectationsAreRefusedAtTheirPlace) {
  EXPECT_EQ(errors_of_expect(R"("out": {})"), "EXACTLY_ONE_OF /tests/0/expect/out");
  EXPECT_EQ(errors_of_expect(R"("out": {"last_per_key": []})"),
            "MISSING_FIELD /tests/0/expect/out");
  EXPECT_EQ(errors_of_expect(R"("out": {"count": 1, "key": ["a"]})"),
            "BAD_VALUE /tests/0/expect/out/key");
  EXPECT_EQ(
      errors_of_expect(R"("out": {"exactly": [1, {"$value": {}, "$raw": ""}, {"$vlue": {}}]})"),
      "WRONG_TYPE /tests/0/expect/out/exactly/0\nEXACTLY_ONE_OF "
      "/tests/0/expect/out/exactly/1\nUNKNOWN_FIELD /tests/0/expect/out/exactly/2/$vlue");
  EXPECT_EQ(errors_of_expect(R"("errors": [1, {"cod": "x"}])"),
            "WRONG_TYPE /tests/0/expect/errors/0\nUNKNOWN_FIELD /tests/0/expect/errors/1/cod");
  EXPECT_EQ(errors_of_expect(R"("errors": 1)"), "WRONG_TYPE /tests/0/expect/errors");
  EXPECT_EQ(errors_of(with_test(R"("name": "t", "modes": [], "expect": {})")),
            "OUT_OF_RANGE /tests/0/modes");
  EXPECT_EQ(errors_of(with_test(
                R"("name": "t", "modes": ["real_time", 1, "real_time", "auto"], "expect": {})")),
            "WRONG_TYPE /tests/0/modes/1\nBAD_VALUE /tests/0/modes/2\nUNKNOWN_VALUE "
            "/tests/0/modes/3");
}

TEST(Tests, WhatBeginsWithADollarInAnExpectedValueIsAMatcher) {
  EXPECT_EQ(
      errors_of_expect(
          R"("out": {"exactly": [{"a": {"$aprox": 1}}, {"$value": {"l": [{"b": {"$oid": 1, "x": 2}}]}},
             {"a": {"$approx": "1"}}, {"a": {"$any": false}}, {"a": {"$any": true, "b": 1}},
             {"a": {"$any": true}, "b": {"$approx": 1.5}}]})"),
      "UNKNOWN_FIELD /tests/0/expect/out/exactly/0/a/$aprox\n"
      "UNKNOWN_FIELD /tests/0/expect/out/exactly/1/$value/l/0/b/$oid\n"
      "BAD_VALUE /tests/0/expect/out/exactly/2/a/$approx\n"
      "BAD_VALUE /tests/0/expect/out/exactly/3/a/$any\n"
      "BAD_VALUE /tests/0/expect/out/exactly/4/a/$any");
}

TEST(Tests, ExpectedErrorsNameWhatThereIs) {
  const ParseResult result = parse_pipeline(with_test(
      R"("name": "t", "expect": {"errors": [{"step": "orders"}, {"step": "ordrs"}, {"step": "out"}]})"));
  ASSERT_EQ(result.diagnostics.size(), 1u);
  EXPECT_EQ(result.diagnostics[0].code, "UNKNOWN_NAME");
  EXPECT_EQ(result.diagnostics[0].pointer, "/tests/0/expect/errors/1/step");
  EXPECT_THAT(result.diagnostics[0].did_you_mean, ElementsAre("orders"));
}

TEST(Tests, AnInputMayStandByItself) {
  const auto definition = parse_pipeline(with_test(R"("name": "t", "expect": {})")).spec;
  ASSERT_TRUE(definition);
  const auto input = [&](const std::string& text) {
    return parse_test_inputs(json::parse(text).root(), *definition, "/input");
  };
  const TestInputs good = input(R"({"orders": [{"a": 1}, {"$advance": "1s"}]})");
  ASSERT_EQ(good.inputs.size(), 1u);
  EXPECT_EQ(good.inputs[0].items.size(), 2u);
  EXPECT_EQ(good.inputs[0].items[1].pointer, "/input/orders/1");
  const TestInputs bad = input(R"({"ordres": [1]})");
  EXPECT_THAT(bad.inputs, IsEmpty());
  ASSERT_EQ(bad.diagnostics.size(), 2u);
  EXPECT_EQ(bad.diagnostics[0].pointer, "/input/ordres");
  EXPECT_EQ(bad.diagnostics[1].pointer, "/input/ordres/0");
  EXPECT_EQ(input("[]").diagnostics.at(0).code, "WRONG_TYPE");
}

TEST(Tests, ASinkMayBeCalledErrors) {
  EXPECT_EQ(errors_of(R"({"name": "p", "sources": {"in": {"file": {"path": "x"}}},
      "sinks": {"errors": {"stdout": {}}}, "tests": [{"name": "t", "expect": {"errors": {"count": 1}}}]})"),
            "");
}

}  // namespace
}  // namespace leat::spec
