#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "unit/expr/rows.h"

namespace leat::expr::testing {
namespace {

// Names at one place of a pipeline.
class PlacedNames : public Names {
 public:
  explicit PlacedNames(std::string at) : at_(std::move(at)) {}
  std::string place() const override { return at_; }

 private:
  std::string at_;
};

const record::Origin kOrders{"orders", PartitionId(3), 0};

// The texts that an expression gives for records 7, 7 (its second output) and 8 of orders-3.
std::vector<std::string> uuids(std::string_view text, const std::string& place = "p/steps/0") {
  PlacedNames names(place);
  const Compiled compiled = compile(text, names, Limits());
  EXPECT_TRUE(compiled.ok()) << show(compiled.diagnostics);
  RecordBatch batch = batch_of({{}, {}, {}}, names);
  for (record::Row& row : batch.rows()) row.origin = &kOrders;
  batch.rows()[0].offset = 7;
  batch.rows()[1].offset = 7;
  batch.rows()[1].ordinal = 1;
  batch.rows()[2].offset = 8;
  Scratch scratch;
  std::array<Value, 3> out;
  compiled.program->run(batch, scratch, out);
  std::vector<std::string> all;
  for (const Value& value : out) all.push_back(show(value));
  return all;
}

TEST(Uuid, IsAVersionFiveUuidOfItsOwnForEachRow) {
  const std::vector<std::string> made = uuids("uuid()");
  const std::string shape =
      "string [0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
  EXPECT_THAT(made, ::testing::Each(::testing::MatchesRegex(shape)));
  EXPECT_EQ(std::set<std::string>(made.begin(), made.end()).size(), made.size());
}

TEST(Uuid, AReplayGivesTheSame) { EXPECT_EQ(uuids("uuid()"), uuids("uuid()")); }

// uuid5 of `orders-3-7-0/0/0` in the namespace e8122afe-1a31-55a3-b49a-0e2ad849af06.
TEST(Uuid, CanBeRecomputedByOthers) {
  EXPECT_EQ(uuids("uuid()", "")[0], "string 0bf40f8d-2f5e-5370-aca0-31a56b037455");
}

TEST(Uuid, DiffersFromCallToCallAndPlaceToPlace) {
  EXPECT_NE(uuids("uuid()", "p/steps/0"), uuids("uuid()", "p/steps/1"));
  EXPECT_NE(uuids("uuid()", "p/steps/0"), uuids("uuid()", "q/steps/0"));
  for (const std::string& same : uuids("uuid() == uuid()")) EXPECT_EQ(same, "false");
}

TEST(Uuid, InsideAMacroEachElementHasItsOwn) {
  for (const std::string& many : uuids("[1, 2, 3].map(i, uuid()).distinct().size()"))
    EXPECT_EQ(many, "int 3");
}

}  // namespace
}  // namespace leat::expr::testing
