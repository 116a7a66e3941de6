#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "definitions.h"
#include "spec/glob.h"
#include "spec/text.h"

namespace leat::spec {
namespace {

using namespace testing;  // NOLINT
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// A world with the variables SHOP_TOPIC and SHOP_BAD and the file /run/secrets/group.
Options world() {
  Options options;
  options.outside = OutsideRules{{"SHOP_*", "EXACT"}, {"/run/secrets", "/etc/leat/values/"}};
  options.read_outside = [](std::string_view kind, std::string_view name) -> Result<std::string> {
    if (kind == "env" && name == "SHOP_TOPIC") return std::string("orders-eu");
    if (kind == "env" && name == "SHOP_BAD") return std::string("s3cret value");
    if (kind == "env" && name == "SHOP_WORD") return std::string("card");
    if (kind == "env" && name == "SHOP_NUMBER") return std::string("12");
    if (kind == "file" && name == "/run/secrets/group") return std::string("the-group");
    return Status(Code::not_found, "there is nothing by that name");
  };
  return options;
}

constexpr std::string_view kUsing = R"({"name": "p", "sources": {"in": {"kafka": {
    "topics": ["${env:SHOP_TOPIC}"], "group": "${file:/run/secrets/group}",
    "properties": {"client.rack": "${env:SHOP_TOPIC}", "fetch.min.bytes": "${env:SHOP_NUMBER}"}}}},
  "on_error": {"dead_letter": {"topic": "${env:EXACT}"}},
  "sinks": {"out": {"kafka": {"topic": "out", "key": "${env:SHOP_TOPIC}", "headers": {"h": "${env:SHOP_TOPIC}"}}},
            "copy": {"file": {"path": "${env:SHOP_TOPIC}"}}}})";

std::string source_topics(std::string_view list) {
  return with_kafka_source(R"({"topics": )" + std::string(list) + "}");
}

TEST(OutsideValues, StandInTheSpecAndNeverInItsText) {
  Options options = world();
  const std::string text = with(kUsing, "${env:EXACT}", "dead");
  const ParseResult result = parse_pipeline(text, options);
  ASSERT_TRUE(result.ok()) << codes(result.diagnostics);
  const auto& kafka = std::get<KafkaSourceSpec>(result.spec->sources[0].kind);
  EXPECT_THAT(kafka.topics, ElementsAre("orders-eu"));
  EXPECT_EQ(kafka.group, "the-group");
  EXPECT_EQ(kafka.properties.at("client.rack"), "orders-eu");
  EXPECT_EQ(kafka.properties.at("fetch.min.bytes"), "12");
  const auto& sink = std::get<KafkaSinkSpec>(result.spec->sinks[0].kind);
  EXPECT_EQ(std::get<std::string>(**sink.key), "orders-eu");
  EXPECT_EQ(std::get<std::string>(*sink.headers[0].second), "orders-eu");
  EXPECT_EQ(std::get<FileSinkSpec>(result.spec->sinks[1].kind).path, "orders-eu");
  EXPECT_EQ(result.spec->text, text);
  EXPECT_THAT(result.spec->json, HasSubstr(R"("group":"${file:/run/secrets/group}")"));
  EXPECT_THAT(result.spec->json, Not(HasSubstr("orders-eu")));
}

TEST(OutsideValues, WithoutAReaderTheReferenceStandsAndIsNotChecked) {
  Options options = world();
  options.read_outside = nullptr;
  const ParseResult result = parse_pipeline(kUsing, options);
  ASSERT_TRUE(result.ok()) << codes(result.diagnostics);
  EXPECT_THAT(std::get<KafkaSourceSpec>(result.spec->sources[0].kind).topics,
              ElementsAre("${env:SHOP_TOPIC}"));
  EXPECT_EQ(errors_of(kUsing), "") << "without rules every name is taken";
}

TEST(OutsideValues, OnlyAllowedNamesAndFoldersAreRead) {
  const auto check = [](std::string_view reference) {
    const ParseResult result =
        parse_pipeline(source_topics("[\"" + std::string(reference) + "\"]"), world());
    return result.ok() ? "fine" : result.diagnostics[0].code;
  };
  EXPECT_EQ(check("${env:SHOP_TOPIC}"), "fine");
  EXPECT_EQ(check("${file:/run/secrets/group}"), "fine");
  EXPECT_EQ(check("${env:SHOP_NOTHING}"), "OUTSIDE_VALUE_MISSING");
  EXPECT_EQ(check("${file:/run/secrets/nothing}"), "OUTSIDE_VALUE_MISSING");
  EXPECT_EQ(check("${file:/etc/leat/values/a/b}"), "OUTSIDE_VALUE_MISSING");
  for (const char* bad :
       {"${env:HOME}", "${env:EXACTLY}", "${env:shop_topic}", "${env:}", "${env:SHOP_A B}",
        "${env:1}", "${file:}", "${file:group}", "${file:/run/secrets}", "${file:/run/secrets/}",
        "${file:/run/secretsx/a}", "${file:/run/secrets/../x}", "${file:/etc/passwd}"})
    EXPECT_EQ(check(bad), "OUTSIDE_VALUE_REFUSED") << bad;
}

TEST(OutsideValues, WhatIsWrongWithThemIsSaidWithoutShowingThem) {
  const ParseResult result = parse_pipeline(
      R"({"name": "p", "sources": {"in": {"kafka": {"topics": ["${env:SHOP_BAD}"], "profile": "${env:SHOP_BAD}",
    "properties": {"fetch.min.bytes": "${env:SHOP_BAD}", "socket.keepalive.enable": "${env:SHOP_BAD}"}}}},
    "sinks": {"out": {"kafka": {"topic": "${env:SHOP_BAD}"}}}})",
      [] {
        Options options = world();
        options.profiles = {"default", "s3cret"};
        return options;
      }());
  EXPECT_EQ(codes(result.diagnostics),
            "BAD_NAME /sources/in/kafka/topics/0\nUNKNOWN_NAME /sources/in/kafka/profile\n"
            "WRONG_TYPE /sources/in/kafka/properties/fetch.min.bytes\n"
            "WRONG_TYPE /sources/in/kafka/properties/socket.keepalive.enable\n"
            "BAD_NAME /sinks/out/kafka/topic");
  for (const Diagnostic& each : result.diagnostics) {
    EXPECT_THAT(to_line("f", each), Not(HasSubstr("s3cret value")));
  }
}

TEST(OutsideValues, WarningsDoNotShowThem) {
  EXPECT_EQ(warnings_of(with_kafka_sink(R"({"topic": "x", "key": "card"})"), world()),
            "LITERAL_LOOKS_LIKE_EXPRESSION /sinks/out/kafka/key");
  EXPECT_EQ(warnings_of(with_kafka_sink(R"({"topic": "x", "key": "${env:SHOP_WORD}"})"), world()),
            "");
}

TEST(OutsideValues, LoopsAreFoundBehindThem) {
  EXPECT_EQ(errors_of(R"({"name": "p", "sources": {"in": {"kafka": {"topics": ["orders-eu"]}}},
      "sinks": {"out": {"kafka": {"topic": "${env:SHOP_TOPIC}"}}}})",
                      world()),
            "TOPIC_LOOP /sinks/out/kafka/topic");
}

TEST(OutsideValues, EverywhereElseTheyAreRefusedOnce) {
  EXPECT_EQ(
      errors_of(
          R"({"name": "${env:NAME}", "parallelism": "${env:N}", "labels": {"a": "${file:/run/secrets/x}"},
    "sources": {"in": {"kafka": {"topics": ["t"], "start": "${env:S}"}, "schema": {"a": "${env:A}"}}},
    "steps": [{"drop": ["${env:F}"]}, {"filter": "${env:E}"}, {"from": ["${env:G}"], "set": {"a": "${env:E}"}}],
    "sinks": {"out": {"kafka": {"topic": {"expr": "${env:K}"}, "topics": ["${env:H}"]}}}})"),
      "OUTSIDE_VALUE_REFUSED /name\nOUTSIDE_VALUE_REFUSED /parallelism\n"
      "OUTSIDE_VALUE_REFUSED /labels/a\nOUTSIDE_VALUE_REFUSED /sources/in/kafka/start\n"
      "OUTSIDE_VALUE_REFUSED /sources/in/schema/a\nOUTSIDE_VALUE_REFUSED /steps/0/drop/0\n"
      "OUTSIDE_VALUE_REFUSED /steps/1/filter\nOUTSIDE_VALUE_REFUSED /steps/2/from/0\n"
      "OUTSIDE_VALUE_REFUSED /steps/2/set/a\nOUTSIDE_VALUE_REFUSED /sinks/out/kafka/topic/expr\n"
      "OUTSIDE_VALUE_REFUSED /sinks/out/kafka/topics/0");
}

TEST(OutsideValues, AreWholeScalars) {
  EXPECT_EQ(errors_of(with_kafka_sink(
                R"({"topic": "a-${env:X}", "headers": {"h": "Bearer ${file:/run/secrets/x}"}})")),
            "BAD_VALUE /sinks/out/kafka/topic\nBAD_VALUE /sinks/out/kafka/headers/h");
  EXPECT_EQ(errors_of(with_kafka_source(R"({"topics": ["${env:A}-x"], "group": "x${env:A}"})")),
            "BAD_VALUE /sources/in/kafka/topics/0\nBAD_VALUE /sources/in/kafka/group");
  EXPECT_EQ(errors_of(with_kafka_sink(R"({"topic": "${env:X", "key": "${vault:x}", "headers": )"
                                      R"({"h": "${HOME}", "i": "$x", "j": "{${x}"}})")),
            "BAD_VALUE /sinks/out/kafka/topic\nOUTSIDE_VALUE_REFUSED /sinks/out/kafka/key\n"
            "OUTSIDE_VALUE_REFUSED /sinks/out/kafka/headers/h");
  EXPECT_EQ(
      errors_of(with(kSmallest, "\"steps\"", "\"description\": \"say ${env:X} here\", \"steps\"")),
      "");
}

TEST(OutsideValues, RowsOfTestsAreData) {
  EXPECT_EQ(errors_of(with_test(
                R"("name": "t", "input": {"orders": [{"a": "${env:HOME}"}]}, "expect": {})")),
            "");
}

TEST(Globs, FitWholeTexts) {
  for (const auto& [glob, text] :
       std::vector<std::pair<const char*, const char*>>{{"", ""},
                                                        {"a", "a"},
                                                        {"*", ""},
                                                        {"*", "abc"},
                                                        {"a*", "a"},
                                                        {"*a", "bca"},
                                                        {"a?c", "abc"},
                                                        {"*b*", "abc"},
                                                        {"a**c", "ac"},
                                                        {"*ab", "aab"},
                                                        {"a*b*c", "a-b-b-c"}})
    EXPECT_TRUE(glob_matches(glob, text)) << glob << " " << text;
  for (const auto& [glob, text] : std::vector<std::pair<const char*, const char*>>{{"", "a"},
                                                                                   {"a", ""},
                                                                                   {"a", "ab"},
                                                                                   {"?", ""},
                                                                                   {"a*", "ba"},
                                                                                   {"*a", "ab"},
                                                                                   {"a?", "a"},
                                                                                   {"*b*", "ac"},
                                                                                   {"a.c", "abc"},
                                                                                   {"A", "a"}})
    EXPECT_FALSE(glob_matches(glob, text)) << glob << " " << text;
  EXPECT_FALSE(glob_matches("*a*a*a*a*a*a*a*a*a*b", std::string(10'000, 'a')));
}

TEST(OutsideValues, WhatNobodyChecksIsSaid) {
  const std::string text = source_topics(R"(["${file:/etc/passwd}"])");
  EXPECT_EQ(warnings_of(text), "OUTSIDE_VALUE_UNCHECKED /sources/in/kafka/topics/0");
  EXPECT_EQ(warnings_of(source_topics(R"(["${env:SHOP_TOPIC}"])"), world()), "");
}

}  // namespace
}  // namespace leat::spec
