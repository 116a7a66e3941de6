#include "kafka/sampling/sample.h"

#include <gmock/gmock.h>

#include <future>

#include "driver.h"

namespace leat::kafka::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Records = std::vector<flow::SampledRecord>;

spec::SourceSpec source_of(std::vector<std::string> topics, std::string pattern = "") {
  spec::KafkaSourceSpec kafka;
  kafka.topics = std::move(topics);
  kafka.pattern = std::move(pattern);
  spec::SourceSpec source;
  source.id = "in";
  source.kind = std::move(kafka);
  return source;
}

Plain at(std::int64_t time, std::int32_t partition) {
  Plain record;
  record.value = std::to_string(time);
  record.partition = partition;
  record.timestamp_ms = 1'700'000'000'000 + time;
  return record;
}

struct Sampling {
  KafkaSampler sampler{KafkaOptions{{{"default", Profile{{"embedded"}, {}}}}}};

  Result<Records> ask(const spec::SourceSpec& source, std::size_t records_max) {
    std::promise<Result<Records>> promise;
    auto answer = promise.get_future();
    sampler.sample(source, records_max,
                   [&promise](Result<Records> records) { promise.set_value(std::move(records)); });
    EXPECT_EQ(answer.wait_for(kPatience), std::future_status::ready);
    Result<Records> records = answer.get();
    sampler.collect();
    return records;
  }
  std::vector<std::string> values(const spec::SourceSpec& source, std::size_t records_max) {
    const Result<Records> records = ask(source, records_max);
    EXPECT_TRUE(records.ok()) << records.status().to_string();
    std::vector<std::string> all;
    for (const flow::SampledRecord& record : *records) all.push_back(record.value.value_or("none"));
    return all;
  }
};

TEST(KafkaSampler, GivesTheNewestRecordsOfEveryPartitionByTime) {
  Outside outside;
  const std::string topic = fresh_name("sample");
  outside.write(topic, {at(1, 0), at(3, 0), at(5, 0), at(2, 1), at(4, 1), at(9, 1), at(6, 1)});
  Sampling sampling;
  EXPECT_THAT(sampling.values(source_of({topic}), 4), ElementsAre("3", "5", "9", "6"))
      << "the order of a partition stays";
  EXPECT_THAT(sampling.values(source_of({topic}), 100),
              ElementsAre("1", "2", "3", "4", "5", "9", "6"));
}

TEST(KafkaSampler, CopiesWholeRecords) {
  Outside outside;
  const std::string topic = fresh_name("sample-whole");
  outside.write(topic, {{"value", "key", 2, -1, 1'700'000'000'123, {{"a", "1"}, {"b", ""}}}});
  Sampling sampling;
  const Result<Records> records = sampling.ask(source_of({topic}), 5);
  ASSERT_TRUE(records.ok()) << records.status().to_string();
  ASSERT_EQ(records->size(), 1u);
  const flow::SampledRecord& record = records->front();
  EXPECT_EQ(record.topic, topic);
  EXPECT_EQ(record.partition, 2);
  EXPECT_EQ(record.offset, 0);
  EXPECT_EQ(record.timestamp_ms, 1'700'000'000'123);
  EXPECT_EQ(record.key, "key");
  EXPECT_EQ(record.value, "value");
  EXPECT_THAT(record.headers, ElementsAre(std::pair<std::string, std::string>("a", "1"),
                                          std::pair<std::string, std::string>("b", "")));
}

TEST(KafkaSampler, FollowsAPattern) {
  Outside outside;
  const std::string name = fresh_name("sampled");
  outside.write(name + "-eu", {at(1, 0)});
  outside.write(name + "-us", {at(2, 0)});
  Sampling sampling;
  EXPECT_THAT(sampling.values(source_of({}, "^" + name + "-.*$"), 10), ElementsAre("1", "2"));
}

TEST(KafkaSampler, AnEmptyTopicGivesNothing) {
  Outside outside;
  const std::string topic = fresh_name("sample-empty");
  outside.write(topic, {});
  Sampling sampling;
  EXPECT_THAT(sampling.values(source_of({topic}), 10), IsEmpty());
}

TEST(KafkaSampler, ATopicThatIsNotThereIsRefused) {
  Sampling sampling;
  const std::string name = fresh_name("sample-nowhere");
  for (const auto& source : {source_of({name}), source_of({}, "^" + name + "$")}) {
    const Result<Records> records = sampling.ask(source, 10);
    ASSERT_FALSE(records.ok());
    EXPECT_EQ(records.status().code(), Code::not_found);
    EXPECT_THAT(records.status().to_string(), ::testing::HasSubstr("UNKNOWN_TOPIC"));
    EXPECT_THAT(records.status().message(), ::testing::HasSubstr(name));
  }
}

TEST(KafkaSampler, AnUnknownProfileIsRefused) {
  Sampling sampling;
  spec::SourceSpec source = source_of({"t"});
  std::get<spec::KafkaSourceSpec>(source.kind).profile = "nope";
  EXPECT_EQ(sampling.ask(source, 1).status().code(), Code::not_found);
}

TEST(KafkaSampler, NothingIsReadOnceItIsStopped) {
  Sampling sampling;
  sampling.sampler.stop();
  EXPECT_EQ(sampling.ask(source_of({"t"}), 1).status().code(), Code::unavailable);
}

}  // namespace
}  // namespace leat::kafka::test
