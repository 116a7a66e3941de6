#include "source_dir.h"
#include "spec/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "spec/fields.h"

namespace leat::spec {
namespace {

using ::testing::HasSubstr;

TEST(Reference, ThePageIsWhatTheTableSays) {
  const std::string path = LEAT_SOURCE_DIR "/config/definition.md";
  const std::string page = write_reference_page();
  if (std::getenv("LEAT_REWRITE") != nullptr) std::ofstream(path) << page;
  std::ostringstream held;
  held << std::ifstream(path).rdbuf();
  EXPECT_EQ(held.str(), page) << "LEAT_REWRITE=1 writes it anew";
}

TEST(Reference, HasEveryKeyOfTheTable) {
  const std::string page = write_reference_page();
  for (const Field& field : all_fields()) {
    EXPECT_THAT(page, HasSubstr("`" + std::string(field.key) + "`"));
    EXPECT_THAT(page, HasSubstr(std::string(field.doc).substr(0, 20)));
  }
}

TEST(DescribeKey, FindsKeysByTheirPath) {
  EXPECT_THAT(*describe_key("sources.*.kafka.start"), HasSubstr("without a committed offset"));
  EXPECT_THAT(*describe_key("sources.orders.kafka"), HasSubstr("  topics "));
  EXPECT_THAT(*describe_key("sources.kafka.topics"), HasSubstr("Required."));
  EXPECT_THAT(*describe_key("steps[0].set"), HasSubstr("field → expression"));
  EXPECT_THAT(*describe_key("steps.join"), HasSubstr("Not available yet."));
  EXPECT_THAT(*describe_key("steps.aggregate.window.sliding"), HasSubstr("Refused."));
  EXPECT_THAT(*describe_key("steps.aggregate.window"), HasSubstr("(refused) the word means"));
  EXPECT_THAT(*describe_key("restart.max"), HasSubstr("Default: \"2m\""));
  EXPECT_THAT(*describe_key("tests[].expect.errors"), HasSubstr("  code "));
  EXPECT_THAT(*describe_key("tests.input.*.$advance"), HasSubstr("The clock goes on."));
  EXPECT_THAT(*describe_key(""), HasSubstr("  sources "));
}

TEST(DescribeKey, RefusesOthersWithNearNames) {
  EXPECT_THAT(describe_key("restart.maximum").status().message(), HasSubstr("only: initial max"));
  EXPECT_THAT(describe_key("restrat").status().message(), HasSubstr("did you mean `restart`?"));
  EXPECT_THAT(describe_key("name.x").status().message(), HasSubstr("has no keys inside"));
  EXPECT_THAT(describe_key("sources.a.b.c").status().message(), HasSubstr("there is no key `b`"));
}

}  // namespace
}  // namespace leat::spec
