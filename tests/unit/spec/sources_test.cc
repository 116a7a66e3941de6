#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "definitions.h"

namespace leat::spec {
namespace {

using namespace testing;  // NOLINT
using namespace std::chrono_literals;
using ::testing::ElementsAre;

std::string with_start(std::string_view start) {
  return with_kafka_source(R"({"topics": ["t", "a-b"], "start": )" + std::string(start) + "}");
}
StartSpec start_of(std::string_view start) {
  const ParseResult result = parse_pipeline(with_start(start));
  return result.ok() ? std::get<KafkaSourceSpec>(result.spec->sources[0].kind).start : StartSpec{};
}

TEST(Sources, AreNeededAndBounded) {
  EXPECT_EQ(errors_of(with_sources("{}")), "OUT_OF_RANGE /sources");
  std::string many;
  for (int i = 0; i < 65; ++i) many += (i == 0 ? "" : ",") + ("\"s" + std::to_string(i) + "\": {}");
  EXPECT_EQ(errors_of(with_sources("{" + many + "}")), "OUT_OF_RANGE /sources");
  EXPECT_EQ(errors_of(with_sources(R"({"in": 1})")), "WRONG_TYPE /sources/in");
}

TEST(Sources, HaveExactlyOneKind) {
  EXPECT_EQ(errors_of(with_sources(R"({"in": {}})")), "EXACTLY_ONE_OF /sources/in");
  EXPECT_EQ(
      errors_of(with_sources(R"({"in": {"kafka": {"topics": ["t"]}, "file": {"path": "x"}}})")),
      "EXACTLY_ONE_OF /sources/in");
  EXPECT_EQ(errors_of(with_sources(R"({"in": {"kafak": {"topics": ["t"]}}})")),
            "UNKNOWN_FIELD /sources/in/kafak");
  EXPECT_EQ(errors_of(with_sources(R"({"in": {"kafka": 1}})")), "WRONG_TYPE /sources/in/kafka");
}

TEST(Sources, IdsFollowThePatternAtTheirKey) {
  for (const char* bad : {"", "1a", "a.b", "a b", "ä", "-a"})
    EXPECT_EQ(
        errors_of(with_sources("{\"" + std::string(bad) + R"(": {"kafka": {"topics": ["t"]}}})")),
        "BAD_NAME /sources/" + std::string(bad));
  EXPECT_EQ(errors_of(with_sources(R"({"_a-B_9": {"kafka": {"topics": ["t"]}}})")), "");
  EXPECT_EQ(
      errors_of(with_sources("{\"" + std::string(64, 'a') + R"(": {"kafka": {"topics": ["t"]}}})")),
      "BAD_NAME /sources/" + std::string(64, 'a'));
}

TEST(Sources, TopicsAreNamesOfTopics) {
  const auto check = [](std::string_view topics) {
    return errors_of(with_kafka_source(R"({"topics": )" + std::string(topics) + "}"));
  };
  EXPECT_EQ(check("[]"), "OUT_OF_RANGE /sources/in/kafka/topics");
  EXPECT_EQ(check(R"(["a", 1, "", "a b", "..", "ü", "a"])"),
            "WRONG_TYPE /sources/in/kafka/topics/1\nBAD_NAME /sources/in/kafka/topics/2\nBAD_NAME "
            "/sources/in/kafka/topics/3\n"
            "BAD_NAME /sources/in/kafka/topics/4\nBAD_NAME "
            "/sources/in/kafka/topics/5\nTOPIC_READ_TWICE /sources/in/kafka/topics/6");
  EXPECT_EQ(check("[\"" + std::string(249, 'a') + "\"]"), "");
  EXPECT_EQ(check("[\"" + std::string(250, 'a') + "\"]"), "BAD_NAME /sources/in/kafka/topics/0");
  EXPECT_EQ(check("\"t\""), "WRONG_TYPE /sources/in/kafka/topics");
}

TEST(Sources, APatternIsMatchedAgainstWholeNames) {
  const auto check = [](std::string_view pattern) {
    return errors_of(
        with_kafka_source(R"({"topics": {"pattern": ")" + std::string(pattern) + "\"}}"));
  };
  EXPECT_EQ(check("^orders-.*$"), "");
  EXPECT_EQ(check("orders-.*"), "BAD_VALUE /sources/in/kafka/topics/pattern");
  EXPECT_EQ(check(""), "OUT_OF_RANGE /sources/in/kafka/topics/pattern");
  EXPECT_EQ(check("^" + std::string(1024, 'a')), "OUT_OF_RANGE /sources/in/kafka/topics/pattern");
  const ParseResult result = parse_pipeline(with_kafka_source(R"({"topics": {"pattern": "^a$"}})"));
  EXPECT_EQ(std::get<KafkaSourceSpec>(result.spec->sources[0].kind).pattern, "^a$");
}

TEST(Sources, StartIsAWordATimeAnAgeOrOffsets) {
  EXPECT_EQ(start_of("\"latest\"").kind, StartSpec::Kind::latest);
  EXPECT_EQ(start_of("\"earliest\"").kind, StartSpec::Kind::earliest);
  EXPECT_EQ(start_of("\"2026-01-01T00:00:00Z\"").kind, StartSpec::Kind::time);
  EXPECT_EQ(start_of("\"2026-01-01T00:00:00Z\"").time.us, 1'767'225'600'000'000);
  EXPECT_EQ(start_of("\"-1h30m\"").ago, Duration(90min));
  EXPECT_EQ(start_of(R"({"t-0": 5, "a-b-12": 9})").offsets,
            (std::map<std::string, std::int64_t>{{"t-0", 5}, {"a-b-12", 9}}));
}

TEST(Sources, AWrongStartIsRefused) {
  for (const char* bad :
       {"\"\"", "\"lates\"", "\"1h\"", "\"-\"", "\"2026-01-01\"", "\"2026-02-30T00:00:00Z\""})
    EXPECT_EQ(errors_of(with_start(bad)), "BAD_VALUE /sources/in/kafka/start") << bad;
  EXPECT_EQ(errors_of(with_start("\"1969-12-31T23:59:59Z\"")),
            "OUT_OF_RANGE /sources/in/kafka/start");
  EXPECT_EQ(errors_of(with_start("{}")), "OUT_OF_RANGE /sources/in/kafka/start");
  EXPECT_EQ(
      errors_of(with_start(
          R"({"t": 1, "t-x": 1, "t-99999999999": 1, "-1": 1, "other-1": 1, "t-1": -1, "t-2": "5", "t-3": 1.5})")),
      "BAD_NAME /sources/in/kafka/start/t\nBAD_NAME /sources/in/kafka/start/t-x\n"
      "BAD_NAME /sources/in/kafka/start/t-99999999999\nBAD_NAME /sources/in/kafka/start/-1\n"
      "UNKNOWN_NAME /sources/in/kafka/start/other-1\nOUT_OF_RANGE /sources/in/kafka/start/t-1\n"
      "WRONG_TYPE /sources/in/kafka/start/t-2\nWRONG_TYPE /sources/in/kafka/start/t-3");
}

TEST(Sources, PathsStayInTheirFolder) {
  const auto check = [](std::string_view path) {
    return errors_of(with_sources(R"({"in": {"file": {"path": ")" + std::string(path) + "\"}}}"));
  };
  for (const char* good : {"a", "a/b.ndjson", "/abs/a", "..a", "a..", "a/..b"})
    EXPECT_EQ(check(good), "") << good;
  for (const char* bad : {"..", "../a", "a/../b", "/a/..", "a/.."})
    EXPECT_EQ(check(bad), "BAD_VALUE /sources/in/file/path") << bad;
  EXPECT_EQ(check("a\\u0000b"), "BAD_VALUE /sources/in/file/path");
  EXPECT_EQ(check("a\\nb"), "BAD_VALUE /sources/in/file/path");
}

TEST(Sources, AGeneratorHasFieldsAndAPace) {
  const auto check = [](std::string_view members, std::string_view beside = "") {
    return errors_of(with_sources(R"({"in": {"generator": {)" + std::string(members) + "}" +
                                  std::string(beside) + "}}"));
  };
  EXPECT_EQ(check(R"("fields": {"a": "seq"})"), "");
  EXPECT_EQ(check(R"("fields": {})"), "OUT_OF_RANGE /sources/in/generator/fields");
  EXPECT_EQ(check(R"("fields": {"": "1", "b": 2, "c": " "})"),
            "BAD_NAME /sources/in/generator/fields/\nWRONG_TYPE /sources/in/generator/fields/b\n"
            "OUT_OF_RANGE /sources/in/generator/fields/c");
  EXPECT_EQ(check(R"("fields": {"a": "seq"}, "rows_per_second": 0)"),
            "OUT_OF_RANGE /sources/in/generator/rows_per_second");
  EXPECT_EQ(check(R"("fields": {"a": "seq"}, "rows_per_second": 1e9)"),
            "OUT_OF_RANGE /sources/in/generator/rows_per_second");
  EXPECT_EQ(check(R"("fields": {"a": "seq"}, "rows": 0)"),
            "OUT_OF_RANGE /sources/in/generator/rows");
  EXPECT_EQ(check(R"("fields": {"a": "seq"})", R"(, "format": "bytes")"),
            "BAD_VALUE /sources/in/format");
}

TEST(Sources, OneConsumerServesThemAll) {
  const auto check = [](std::string_view a, std::string_view b) {
    return errors_of(R"({"name": "p", "sources": {"a": {"kafka": )" + std::string(a) +
                     R"(}, "b": {"kafka": )" + std::string(b) +
                     R"(}}, "sinks": {"out": {"stdout": {}, "from": ["a", "b"]}}})");
  };
  EXPECT_EQ(check(R"({"topics": ["x"]})", R"({"topics": ["y"], "profile": "default"})"), "");
  EXPECT_EQ(check(R"({"topics": ["x"]})", R"({"topics": ["y"], "profile": "prod"})"),
            "PROFILES_DIFFER /sources/b/kafka");
  EXPECT_EQ(check(R"({"topics": ["x"]})", R"({"topics": ["y"], "group": "g"})"),
            "GROUPS_DIFFER /sources/b/kafka");
  EXPECT_EQ(check(R"({"topics": ["x"]})", R"({"topics": ["y", "x"]})"),
            "TOPIC_READ_TWICE /sources/b/kafka/topics/1");
  // A source of a misspelt kind is none of them.
  EXPECT_EQ(errors_of(R"({"name": "p", "sources": {"a": {"kafka": {"topics": ["x"], "group": "g"}},
                          "b": {"kafak": {}}}, "sinks": {"out": {"stdout": {}, "from": ["a", "b"]}}})"),
            "UNKNOWN_FIELD /sources/b/kafak");
}

}  // namespace
}  // namespace leat::spec
