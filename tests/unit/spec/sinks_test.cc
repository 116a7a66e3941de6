#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "definitions.h"

namespace leat::spec {
namespace {

using namespace testing;  // NOLINT

KafkaSinkSpec kafka_of(std::string_view kafka) {
  const ParseResult result = parse_pipeline(with_kafka_sink(kafka));
  return result.ok() ? std::get<KafkaSinkSpec>(result.spec->sinks[0].kind) : KafkaSinkSpec{};
}

TEST(Sinks, AreNeededAndHaveExactlyOneKind) {
  EXPECT_EQ(errors_of(with_sinks("{}")), "OUT_OF_RANGE /sinks");
  EXPECT_EQ(errors_of(with_sinks(R"({"out": {}})")), "EXACTLY_ONE_OF /sinks/out");
  EXPECT_EQ(errors_of(with_sinks(R"({"out": {"stdout": {}, "file": {"path": "a"}}})")),
            "EXACTLY_ONE_OF /sinks/out");
  EXPECT_EQ(errors_of(with_sinks(R"({"out": {"http": {}}})")), "NOT_AVAILABLE_YET /sinks/out/http");
  EXPECT_EQ(errors_of(with_sinks(R"({"a b": {"stdout": {}}})")), "BAD_NAME /sinks/a b");
  EXPECT_EQ(errors_of(with_sinks(R"({"in": {"stdout": {}}})")), "")
      << "sinks have a space of names of their own";
}

TEST(Sinks, AKeyIsAbsentNullALiteralOrAnExpression) {
  EXPECT_FALSE(kafka_of(R"({"topic": "x"})").key.has_value());
  EXPECT_FALSE(kafka_of(R"({"topic": "x", "key": null})").key->has_value());
  EXPECT_EQ(std::get<std::string>(**kafka_of(R"({"topic": "x", "key": ""})").key), "");
  EXPECT_EQ(std::get<Expression>(**kafka_of(R"({"topic": "x", "key": {"expr": "a"}})").key).text,
            "a");
  EXPECT_EQ(errors_of(with_kafka_sink(R"({"topic": "x", "key": {}})")),
            "MISSING_FIELD /sinks/out/kafka/key");
  EXPECT_EQ(errors_of(with_kafka_sink(R"({"topic": "x", "key": {"exp": "a"}})")),
            "MISSING_FIELD /sinks/out/kafka/key\nUNKNOWN_FIELD /sinks/out/kafka/key/exp");
  EXPECT_EQ(errors_of(with_kafka_sink(R"({"topic": "x", "key": {"expr": 1}})")),
            "WRONG_TYPE /sinks/out/kafka/key/expr");
  EXPECT_EQ(errors_of(with_kafka_sink(R"({"topic": "x", "key": {"expr": ""}})")),
            "OUT_OF_RANGE /sinks/out/kafka/key/expr");
}

TEST(Sinks, ALiteralThatLooksLikeAFieldIsWarnedOf) {
  EXPECT_EQ(warnings_of(with_kafka_sink(R"({"topic": "x", "key": "card"})")),
            "LITERAL_LOOKS_LIKE_EXPRESSION /sinks/out/kafka/key");
  EXPECT_EQ(warnings_of(with_kafka_sink(R"({"topic": "x", "key": "user.id"})")),
            "LITERAL_LOOKS_LIKE_EXPRESSION /sinks/out/kafka/key");
  EXPECT_EQ(warnings_of(with_kafka_sink(R"({"topic": "x", "key": "all the same"})")), "");
  EXPECT_EQ(warnings_of(with_kafka_sink(R"({"topic": "x", "key": {"expr": "card"}})")), "");
  const std::string text =
      R"({"name": "p", "sources": {"in": {"kafka": {"topics": ["t"]}}}, "steps": [{"set": {"tier": "1"}}],
    "sinks": {"out": {"kafka": {"topic": "x", "headers": {"a": "tier", "b": "leat"}}}}})";
  EXPECT_EQ(warnings_of(text), "LITERAL_LOOKS_LIKE_EXPRESSION /sinks/out/kafka/headers/a");
  EXPECT_TRUE(parse_pipeline(text).ok()) << "a warning is no error";
}

TEST(Sinks, HeadersAreChecked) {
  const auto check = [](std::string_view headers) {
    return errors_of(with_kafka_sink(R"({"topic": "x", "headers": )" + std::string(headers) + "}"));
  };
  EXPECT_EQ(check(R"({"a": "1", "b": null, "c": {"expr": "x"}})"), "");
  EXPECT_EQ(
      check(R"({"a": 1, "": "x", "b\n": "x", "leat-src": "x", "c": ["x"]})"),
      "WRONG_TYPE /sinks/out/kafka/headers/a\nBAD_NAME /sinks/out/kafka/headers/\nBAD_NAME "
      "/sinks/out/kafka/headers/b\n\n"
      "RESERVED_NAME /sinks/out/kafka/headers/leat-src\nWRONG_TYPE /sinks/out/kafka/headers/c");
  std::string many;
  for (int i = 0; i < 65; ++i)
    many += (i == 0 ? "" : ",") + ("\"h" + std::to_string(i) + "\": \"\"");
  EXPECT_EQ(check("{" + many + "}"), "OUT_OF_RANGE /sinks/out/kafka/headers");
}

TEST(Sinks, TopicsAreChecked) {
  const auto check = [](std::string_view topic) {
    return errors_of(with_kafka_sink(R"({"topic": )" + std::string(topic) + "}"));
  };
  EXPECT_EQ(check("\"a b\""), "BAD_NAME /sinks/out/kafka/topic");
  EXPECT_EQ(check("\"\""), "BAD_NAME /sinks/out/kafka/topic");
  EXPECT_EQ(check("\"__consumer_offsets\""), "RESERVED_NAME /sinks/out/kafka/topic");
}

TEST(Sinks, AComputedTopicNeedsTheNamesItMayGive) {
  const auto check = [](std::string_view members) {
    return errors_of(with_kafka_sink("{" + std::string(members) + "}"));
  };
  const KafkaSinkSpec kafka =
      kafka_of(R"({"topic": {"expr": "'a-' + k"}, "topics": ["a-*", "b?", "c.d_e"]})");
  EXPECT_EQ(kafka.topic, "");
  EXPECT_EQ(kafka.topic_expression->text, "'a-' + k");
  EXPECT_EQ(kafka.topic_expression->pointer, "/sinks/out/kafka/topic/expr");
  EXPECT_THAT(kafka.topics, ::testing::ElementsAre("a-*", "b?", "c.d_e"));
  EXPECT_EQ(check(R"("topic": {"expr": "'a'"})"), "MISSING_FIELD /sinks/out/kafka");
  EXPECT_EQ(check(R"("topic": "a", "topics": ["a"])"), "BAD_VALUE /sinks/out/kafka/topics");
  EXPECT_EQ(check(R"("topic": {"expr": "k"}, "topics": [])"),
            "OUT_OF_RANGE /sinks/out/kafka/topics");
  EXPECT_EQ(check(R"("topic": {"expr": "k"}, "topics": ["a b", 1, "__x*", "", "ü", "a/*"])"),
            "BAD_NAME /sinks/out/kafka/topics/0\nWRONG_TYPE /sinks/out/kafka/topics/1\n"
            "BAD_NAME /sinks/out/kafka/topics/2\nBAD_NAME /sinks/out/kafka/topics/3\n"
            "BAD_NAME /sinks/out/kafka/topics/4\nBAD_NAME /sinks/out/kafka/topics/5");
  EXPECT_EQ(check(R"("topic": {"exp": "k"}, "topics": ["a"])"),
            "MISSING_FIELD /sinks/out/kafka/topic\nUNKNOWN_FIELD /sinks/out/kafka/topic/exp");
}

TEST(Sinks, WritingToAnOwnSourceTopicIsRefusedUnlessAllowed) {
  EXPECT_EQ(errors_of(with_kafka_sink(R"({"topic": "t"})")), "TOPIC_LOOP /sinks/out/kafka/topic");
  EXPECT_EQ(errors_of(with_kafka_sink(R"({"topic": "t", "profile": "default"})")),
            "TOPIC_LOOP /sinks/out/kafka/topic");
  EXPECT_EQ(errors_of(with_kafka_sink(R"({"topic": "t", "allow_loop": true})")), "");
  EXPECT_EQ(errors_of(with_kafka_sink(R"({"topic": "t", "profile": "another-cluster"})")), "");
}

TEST(Sinks, NamesThatFitAnOwnSourceTopicAreRefusedUnlessAllowed) {
  EXPECT_EQ(errors_of(with_kafka_sink(R"({"topic": {"expr": "k"}, "topics": ["a", "t*"]})")),
            "TOPIC_LOOP /sinks/out/kafka/topics/1");
  EXPECT_EQ(errors_of(with_kafka_sink(
                R"({"topic": {"expr": "k"}, "topics": ["*"], "allow_loop": true})")),
            "");
}

TEST(Sinks, TimesAreWrittenAsTextOrIntegers) {
  const auto timestamps = [](std::string_view word) {
    const ParseResult result = parse_pipeline(
        with_sinks(R"({"out": {"stdout": {}, "timestamps": ")" + std::string(word) + "\"}}"));
    return result.ok() ? std::optional(result.spec->sinks[0].timestamps) : std::nullopt;
  };
  EXPECT_EQ(timestamps("rfc3339"), TimestampText::rfc3339);
  EXPECT_EQ(timestamps("ms"), TimestampText::ms);
  EXPECT_EQ(timestamps("us"), TimestampText::us);
  EXPECT_EQ(timestamps("ns"), std::nullopt);
}

TEST(Sinks, PartitionsAndTimestamps) {
  EXPECT_EQ(kafka_of(R"({"topic": "x", "partition": 2147483647})").partition, 2147483647);
  EXPECT_EQ(errors_of(with_kafka_sink(R"({"topic": "x", "partition": 2147483648})")),
            "OUT_OF_RANGE /sinks/out/kafka/partition");
  EXPECT_EQ(errors_of(with_kafka_sink(R"({"topic": "x", "timestamp": "at"})")),
            "WRONG_TYPE /sinks/out/kafka/timestamp");
}

TEST(Properties, TuningIsTakenAsText) {
  const KafkaSinkSpec kafka = kafka_of(
      R"({"topic": "x", "properties": {"batch.size": "1000", "linger.ms": 5, "socket.keepalive.enable": "false"}})");
  EXPECT_EQ(kafka.properties,
            (std::map<std::string, std::string>{
                {"batch.size", "1000"}, {"linger.ms", "5"}, {"socket.keepalive.enable", "false"}}));
}

TEST(Properties, EverythingElseIsRefusedInAnyCase) {
  for (const char* key : {"plugin.library.paths",
                          "Plugin.Library.Paths",
                          "ssl.engine.location",
                          "SSL.CA.LOCATION",
                          "ssl.key.pem",
                          "sasl.kerberos.kinit.cmd",
                          "SASL.Kerberos.Kinit.Cmd",
                          "sasl.oauthbearer.token.endpoint.url",
                          "sasl.password",
                          "security.protocol",
                          "bootstrap.servers",
                          "Bootstrap.Servers",
                          "metadata.broker.list",
                          "enable.auto.commit",
                          "ENABLE.AUTO.COMMIT",
                          "group.id",
                          "group.instance.id",
                          "auto.offset.reset",
                          "isolation.level",
                          "enable.idempotence",
                          "acks",
                          "transactional.id",
                          "partitioner",
                          "compression.codec",
                          "queued.min.messages",
                          "session.timeout.ms",
                          "debug",
                          "no.such.key",
                          "",
                          "fetch.min.bytes ",
                          "FETCH.MIN.BYTES",
                          "batch.size"}) {
    EXPECT_EQ(errors_of(with_kafka_source(R"({"topics": ["t"], "properties": {")" +
                                          std::string(key) + R"(": "1"}})")),
              "PROPERTY_REFUSED /sources/in/kafka/properties/" + std::string(key));
  }
  EXPECT_EQ(errors_of(with_kafka_sink(R"({"topic": "x", "properties": {"fetch.min.bytes": 1}})")),
            "PROPERTY_REFUSED /sinks/out/kafka/properties/fetch.min.bytes");
}

TEST(Properties, TheMessageSaysWhy) {
  const auto message = [](std::string_view key) {
    return parse_pipeline(with_kafka_source(R"({"topics": ["t"], "properties": {")" +
                                            std::string(key) + R"(": "1"}})"))
        .diagnostics[0];
  };
  EXPECT_THAT(message("Sasl.Password").message, ::testing::HasSubstr("profile"));
  EXPECT_THAT(message("group.id").message, ::testing::HasSubstr("leat itself"));
  EXPECT_THAT(message("fetch.min.byte").did_you_mean, ::testing::Contains("fetch.min.bytes"));
  EXPECT_THAT(message("Fetch.Min.Bytes").did_you_mean, ::testing::ElementsAre("fetch.min.bytes"));
}

TEST(Properties, ValuesHaveTypesAndRanges) {
  EXPECT_EQ(errors_of(with_kafka_source(
                R"({"topics": ["t"], "properties": {"fetch.min.bytes": 0, "fetch.wait.max.ms": "x",
    "socket.keepalive.enable": 1, "client.rack": "", "socket.timeout.ms": null, "max.poll.interval.ms": 1.5, "retry.backoff.ms": [1]}})")),
            "OUT_OF_RANGE /sources/in/kafka/properties/fetch.min.bytes\nWRONG_TYPE "
            "/sources/in/kafka/properties/fetch.wait.max.ms\n"
            "WRONG_TYPE /sources/in/kafka/properties/socket.keepalive.enable\nWRONG_TYPE "
            "/sources/in/kafka/properties/client.rack\n"
            "WRONG_TYPE /sources/in/kafka/properties/socket.timeout.ms\nWRONG_TYPE "
            "/sources/in/kafka/properties/max.poll.interval.ms\n"
            "WRONG_TYPE /sources/in/kafka/properties/retry.backoff.ms");
}

}  // namespace
}  // namespace leat::spec
