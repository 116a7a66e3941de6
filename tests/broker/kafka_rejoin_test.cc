#include <gmock/gmock.h>

#include "cluster.h"

namespace leat::kafka::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Pair;

std::vector<Plain> two(const std::string& first, const std::string& second) {
  std::vector<Plain> records(2);
  records[0].value = first;
  records[1].value = second;
  for (Plain& record : records) record.partition = 0;
  return records;
}

TEST(RejoinOnKafka, AMemberThatComesBackForOtherTopicsLeavesOnceAndIsGivenThose) {
  Cluster cluster(leat::test::RealBroker::shared());
  Outside outside(cluster.bootstrap());
  const std::string before = fresh_name("before");
  const std::string after = fresh_name("after");
  const std::string pipeline = fresh_name("pipeline");
  cluster.create(before);
  cluster.create(after);
  outside.write(before, two("1", "2"));
  outside.write(after, two("7", "8"));
  {
    SourceDriver reader(pipeline, {SourceDriver::reads({before}, {})}, cluster.options());
    reader.start();
    ASSERT_TRUE(reader.until([&] { return reader.rows() == 2; }));
    EXPECT_TRUE(reader.leave(false));  // its session goes on: the place is kept
  }
  {
    SourceDriver refused(pipeline, {SourceDriver::reads({after}, {})}, cluster.options());
    refused.start();
    ASSERT_TRUE(refused.until([&] { return !refused.failure.ok(); }));
    EXPECT_THAT(refused.failure.fields(), Contains(Pair("leave", "true")));
    EXPECT_TRUE(refused.leave(true));
  }
  SourceDriver again(pipeline, {SourceDriver::reads({after}, {})}, cluster.options());
  again.start();
  ASSERT_TRUE(again.until([&] { return again.rows() == 2; }));
  EXPECT_THAT(again.values(), ElementsAre("7", "8"));
  EXPECT_TRUE(again.failure.ok());
}

}  // namespace
}  // namespace leat::kafka::test
