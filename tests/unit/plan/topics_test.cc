#include "plan/topics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/parse.h"

namespace leat::plan {
namespace {

// "CODE pointer" of every mistake in a pipeline that reads a pattern.
std::string check(std::string_view pattern, std::string_view sink = R"({"topic": "out"})") {
  const spec::ParseResult parsed = spec::parse_pipeline(
      R"({"name": "p", "sources": {"in": {"kafka": {"topics": {"pattern": ")" +
      std::string(pattern) + R"("}}}}, "sinks": {"o": {"kafka": )" + std::string(sink) + "}}}");
  if (!parsed.ok()) return "not parsed";
  std::vector<spec::Diagnostic> found;
  check_topic_patterns(*parsed.spec, "default", found);
  std::string text;
  for (const spec::Diagnostic& each : found)
    text += (text.empty() ? "" : "\n") + each.code + " " + each.pointer;
  return text;
}

TEST(TopicPatterns, AreThoseThatTheKafkaClientUnderstandsToo) {
  for (const char* good : {"^orders-.*$", "^(a|b)[0-9]{1,3}$", "^in\\\\.[[:alpha:]]+$"})
    EXPECT_EQ(check(good), "") << good;
  for (const char* bad : {"^(a$", "^[a$", "^\\\\d+$", "^(?i)a$", "^a{2,1}$"})
    EXPECT_EQ(check(bad), "BAD_VALUE /sources/in/kafka/topics/pattern") << bad;
}

TEST(TopicPatterns, ThatMatchASinkAreALoop) {
  EXPECT_EQ(check("^o.*$"), "TOPIC_LOOP /sinks/o/kafka/topic");
  EXPECT_EQ(check("^o.*$", R"({"topic": "out", "allow_loop": true})"), "");
  EXPECT_EQ(check("^o.*$", R"({"topic": "out", "profile": "other"})"), "");
  EXPECT_EQ(check("^o.*$", R"({"topic": "out", "profile": "default"})"),
            "TOPIC_LOOP /sinks/o/kafka/topic");
  EXPECT_EQ(check("^o.*$", R"({"topic": {"expr": "k"}, "topics": ["x", "out", "o*"]})"),
            "TOPIC_LOOP /sinks/o/kafka/topics/1");
  EXPECT_EQ(check("^ut$"), "") << "whole names are matched";
}

}  // namespace
}  // namespace leat::plan
