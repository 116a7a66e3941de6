#include <gmock/gmock.h>

#include "plan/plan.h"
#include "spec/parse.h"

namespace leat::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(CheckExpressions, TheirMistakesAreToldBesideThoseOfTheDefinition) {
  const std::string text =
      R"json({ "name": "p", "sources": { "in": { "kafka": { "topics": ["t"] } } },
    "steps": [ { "filter": "amount >" }, { "set": { "a": "nope(1)" } } ],
    "sinks": { "out": { "kafka": { "topci": "u" } } } })json";
  const spec::ParseResult parsed = spec::parse_pipeline(text);
  ASSERT_FALSE(parsed.ok());
  std::vector<spec::Diagnostic> found = check_expressions(parsed.expressions);
  std::vector<std::string> places;
  for (const spec::Diagnostic& diagnostic : found)
    places.push_back(diagnostic.pointer + " " + diagnostic.code);
  EXPECT_THAT(places,
              ElementsAre("/steps/0/filter EXPRESSION_SYNTAX", "/steps/1/set/a UNKNOWN_FUNCTION"));
  spec::locate(text, found);
  EXPECT_EQ(found.front().line, 2);
}

TEST(CheckExpressions, AnyFieldMayStandInThem) {
  EXPECT_THAT(check_expressions({{"anything.at.all > 1 && this['x'] == 'y'", "/steps/0/filter"}}),
              IsEmpty());
}

}  // namespace
}  // namespace leat::plan
