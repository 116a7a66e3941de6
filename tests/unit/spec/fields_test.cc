#include "spec/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "definitions.h"
#include "json/parse.h"

namespace leat::spec {
namespace {

using namespace testing;  // NOLINT
using ::testing::HasSubstr;
using ::testing::Not;

// Of every object of the table: the pointer of one such object in a definition, and that definition
// with `@` in place of its members.
struct Home {
  std::string pointer;
  std::string text;
};

const std::map<std::string_view, Home>& homes() {
  static const auto* const all = new std::map<std::string_view, Home>{
      {"pipeline", {"", "{@}"}},
      {"plugin",
       {"/plugins/x", with(kSmallest, "\"steps\"", "\"plugins\": {\"x\": {@}}, \"steps\"")}},
      {"trigger", {"/trigger", with(kSmallest, "\"steps\"", "\"trigger\": {@}, \"steps\"")}},
      {"source", {"/sources/in", with_sources(R"({"in": {@}})")}},
      {"kafka_source", {"/sources/in/kafka", with_kafka_source("{@}")}},
      {"kafka_topics", {"/sources/in/kafka/topics", with_kafka_source(R"({"topics": {@}})")}},
      {"file_source", {"/sources/in/file", with_sources(R"({"in": {"file": {@}}})")}},
      {"generator", {"/sources/in/generator", with_sources(R"({"in": {"generator": {@}}})")}},
      {"step", {"/steps/0", with_steps("[{@}]")}},
      {"source_format",
       {"/sources/in/format",
        with_sources(R"({"in": {"kafka": {"topics": ["t"]}, "format": {@}}})")}},
      {"csv",
       {"/sources/in/format/csv",
        with_sources(R"({"in": {"file": {"path": "x"}, "format": {"csv": {@}}}})")}},
      {"event_time",
       {"/sources/in/event_time",
        with_sources(R"({"in": {"kafka": {"topics": ["t"]}, "event_time": {@}}})")}},
      {"explode", {"/steps/0/explode", with_steps(R"([{"explode": {@}}])")}},
      {"partitioned_by",
       {"/sources/in/partitioned_by",
        with_sources(R"({"in": {"kafka": {"topics": ["t"]}, "partitioned_by": {@}}})")}},
      {"aggregate", {"/steps/0/aggregate", with_steps(R"([{"id": "w", "aggregate": {@}}])")}},
      {"window",
       {"/steps/0/aggregate/window",
        with_steps(
            R"json([{"id": "w", "aggregate": {"by": [], "compute": {"n": "count()"}, "window": {@}}}])json")}},
      {"dedupe", {"/steps/0/dedupe", with_steps(R"([{"id": "d", "dedupe": {@}}])")}},
      {"sink_format",
       {"/sinks/out/format", with_sinks(R"({"out": {"stdout": {}, "format": {@}}})")}},
      {"csv_sink",
       {"/sinks/out/format/csv", with_sinks(R"({"out": {"stdout": {}, "format": {"csv": {@}}}})")}},
      {"on_error", {"/on_error", with(kSmallest, "\"steps\"", "\"on_error\": {@}, \"steps\"")}},
      {"retry",
       {"/on_error/retry",
        with(kSmallest, "\"steps\"", "\"on_error\": {\"retry\": {@}}, \"steps\"")}},
      {"dead_letter",
       {"/on_error/dead_letter",
        with(kSmallest, "\"steps\"", "\"on_error\": {\"dead_letter\": {@}}, \"steps\"")}},
      {"test", {"/tests/0", with_test("@")}},
      {"mock", {"/tests/0/mock", with_test(R"("mock": {@})")}},
      {"test_item", {"/tests/0/input/orders/0", with_test(R"("input": {"orders": [{@}]})")}},
      {"expectation", {"/tests/0/expect/out", with_test(R"("expect": {"out": {@}})")}},
      {"expected_row",
       {"/tests/0/expect/out/exactly/0", with_test(R"("expect": {"out": {"exactly": [{@}]}})")}},
      {"expected_error", {"/tests/0/expect/errors/0", with_test(R"("expect": {"errors": [{@}]})")}},
      {"repartition", {"/steps/0/repartition", with_steps(R"([{"repartition": {@}}])")}},
      {"sink", {"/sinks/out", with_sinks(R"({"out": {@}})")}},
      {"kafka_sink", {"/sinks/out/kafka", with_kafka_sink("{@}")}},
      {"file_sink", {"/sinks/out/file", with_sinks(R"({"out": {"file": {@}}})")}},
      {"no_settings", {"/sinks/out/stdout", with_sinks(R"({"out": {"stdout": {@}}})")}},
      {"expression", {"/sinks/out/kafka/key", with_kafka_sink(R"({"topic": "x", "key": {@}})")}},
      {"limits", {"/limits", with(kSmallest, "\"steps\"", "\"limits\": {@}, \"steps\"")}},
      {"restart", {"/restart", with(kSmallest, "\"steps\"", "\"restart\": {@}, \"steps\"")}}};
  return *all;
}

constexpr std::pair<json::Kind, std::string_view> kExamples[] = {
    {json::Kind::null, "null"},         {json::Kind::boolean, "true"}, {json::Kind::integer, "7"},
    {json::Kind::integer, "-1"},        {json::Kind::real, "7.5"},     {json::Kind::real, "-1e300"},
    {json::Kind::string, "\"x\""},      {json::Kind::string, "\"\""},  {json::Kind::array, "[]"},
    {json::Kind::array, "[1]"},         {json::Kind::array, "[{}]"},   {json::Kind::object, "{}"},
    {json::Kind::object, "{\"a\": {}}"}};

std::string member(std::string_view key, std::string_view value) {
  return "\"" + std::string(key) + "\": " + std::string(value);
}

TEST(Fields, EveryObjectOfTheTableStandsTogetherAndHasAHomeInTheseTests) {
  std::set<std::string_view> done;
  std::string_view current;
  for (const Field& field : all_fields()) {
    EXPECT_TRUE(homes().contains(field.object)) << field.object;
    EXPECT_FALSE(field.doc.empty()) << field.object << "." << field.key;
    EXPECT_EQ(find_field(field.object, field.key), &field)
        << field.object << "." << field.key << " stands there twice";
    if (field.object != current) {
      EXPECT_TRUE(done.insert(field.object).second) << field.object;
    }
    current = field.object;
    if (!object_in(field).empty()) {
      EXPECT_TRUE(homes().contains(object_in(field))) << object_in(field);
    }
  }
}

TEST(Fields, EveryKeyWithEveryWrongTypeIsRefusedAtItsPointer) {
  std::size_t tried = 0;
  for (const Field& field : all_fields()) {
    if (field.need == Need::later || field.need == Need::refused) continue;
    const Home& home = homes().at(field.object);
    for (const auto& [kind, example] : kExamples) {
      if (accepts(field.type, kind)) continue;
      const std::string errors = errors_of(with(home.text, "@", member(field.key, example)));
      EXPECT_THAT("\n" + errors + "\n",
                  HasSubstr("\nWRONG_TYPE " + home.pointer + "/" + std::string(field.key) + "\n"))
          << field.object << "." << field.key << " = " << example;
      ++tried;
    }
  }
  EXPECT_GT(tried, 800u);
}

TEST(Fields, EveryKeyToComeIsRefusedByNameWhateverItsValue) {
  for (const Field& field : all_fields()) {
    if (field.need != Need::later) continue;
    const Home& home = homes().at(field.object);
    for (const auto& [kind, example] : kExamples)
      EXPECT_THAT(
          "\n" + errors_of(with(home.text, "@", member(field.key, example))) + "\n",
          HasSubstr("\nNOT_AVAILABLE_YET " + home.pointer + "/" + std::string(field.key) + "\n"));
  }
}

TEST(Fields, WhatWillNeverComeIsRefusedWithTheReasonAndWhatToWriteInstead) {
  for (const Field& field : all_fields()) {
    if (field.need != Need::refused) continue;
    const Home& home = homes().at(field.object);
    const ParseResult result = parse_pipeline(with(home.text, "@", member(field.key, "\"1m\"")));
    EXPECT_EQ(codes(result.diagnostics).find("EXACTLY_ONE_OF"), std::string::npos);
    bool explained = false;
    for (const Diagnostic& each : result.diagnostics)
      explained |= each.code == "UNKNOWN_FIELD" &&
                   each.pointer == home.pointer + "/" + std::string(field.key) &&
                   each.message.find(field.doc) != std::string::npos;
    EXPECT_TRUE(explained) << field.key;
  }
  const ParseResult sliding =
      parse_pipeline(with(homes().at("window").text, "@", R"("sliding": "1m")"));
  ASSERT_EQ(sliding.diagnostics.size(), 1u);
  EXPECT_THAT(sliding.diagnostics[0].did_you_mean, ::testing::ElementsAre("hopping", "lookback"));
}

TEST(Fields, EveryMissingKeyIsNamed) {
  for (const Field& field : all_fields()) {
    if (field.need != Need::required) continue;
    const ParseResult result = parse_pipeline(with(homes().at(field.object).text, "@", ""));
    bool named = false;
    for (const Diagnostic& diagnostic : result.diagnostics)
      named |= diagnostic.code == "MISSING_FIELD" &&
               diagnostic.pointer == homes().at(field.object).pointer &&
               diagnostic.message.find("`" + std::string(field.key) + "`") != std::string::npos;
    EXPECT_TRUE(named) << field.object << "." << field.key;
  }
}

TEST(Fields, AnUnknownKeyIsRefusedAtEveryLevelWithItsNearNames) {
  for (const auto& [object, home] : homes()) {
    // Rows in the long form are told by their `$`.
    EXPECT_THAT(errors_of(with(home.text, "@", "\"$no_such_key\": 1")),
                HasSubstr("UNKNOWN_FIELD " + home.pointer + "/$no_such_key"));
    for (const Field& field : fields_of(object)) {
      if (field.need == Need::refused) continue;
      const std::string wrong = std::string(field.key) + "x";
      const ParseResult result = parse_pipeline(with(home.text, "@", member(wrong, "1")));
      bool suggested = false;
      for (const Diagnostic& diagnostic : result.diagnostics)
        for (const std::string& name : diagnostic.did_you_mean) suggested |= name == field.key;
      EXPECT_TRUE(suggested || field.key.size() < 3) << wrong;
    }
  }
}

TEST(Fields, LookAlikeAndBidirectionalKeysAreUnknown) {
  for (const char* key :
       {"n\xD0\xB0me", "\xE2\x80\xAEname", "name\xE2\x80\x8B", "NAME", "name ", ""})
    EXPECT_THAT(errors_of(with(kSmallest, "\"name\"", "\"" + std::string(key) + "\"")),
                HasSubstr("UNKNOWN_FIELD /"));
}

TEST(Fields, EveryChoiceOfTheTableIsTaken) {
  for (const Field& field : all_fields()) {
    if (field.words.empty() || field.need == Need::refused) continue;
    const Home& home = homes().at(field.object);
    const auto value = [&](const std::string& word) {
      return field.type == Type::choices ? "[\"" + word + "\"]" : "\"" + word + "\"";
    };
    std::string words(field.words);
    for (std::size_t at = 0; at < words.size();) {
      const std::size_t end = std::min(words.find(' ', at), words.size());
      const std::string errors =
          errors_of(with(home.text, "@", member(field.key, value(words.substr(at, end - at)))));
      EXPECT_THAT(errors, Not(HasSubstr("UNKNOWN_VALUE"))) << words;
      at = end + 1;
    }
    EXPECT_THAT(errors_of(with(home.text, "@", member(field.key, value("no_such_word")))),
                HasSubstr("UNKNOWN_VALUE " + home.pointer + "/" + std::string(field.key)));
  }
}

TEST(Fields, EveryBoundOfTheTableHolds) {
  for (const Field& field : all_fields()) {
    if (field.type != Type::integer || field.need == Need::later) continue;
    const Home& home = homes().at(field.object);
    const auto check = [&](double value) {
      return errors_of(with(home.text, "@",
                            member(field.key, std::to_string(static_cast<std::int64_t>(value)))));
    };
    const std::string refusal = "OUT_OF_RANGE " + home.pointer + "/" + std::string(field.key);
    EXPECT_THAT(check(field.low), Not(HasSubstr(refusal))) << field.key;
    EXPECT_THAT(check(field.high), Not(HasSubstr(refusal))) << field.key;
    EXPECT_THAT(check(field.low - 1), HasSubstr(refusal)) << field.key;
    EXPECT_THAT(check(field.high + 1), HasSubstr(refusal)) << field.key;
  }
}

}  // namespace
}  // namespace leat::spec
