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

TEST(CheckRest, MistakesBesideTheGraphHideNoneOfIt) {
  const spec::ParseResult parsed = spec::parse_pipeline(
      R"({"name": "A B", "trigger": {"mode": "sometimes"}, "nmae": 1,
          "sources": {"in": {"kafka": {"topics": ["t"]}, "schema": {"a": "int"}}},
          "steps": [{"filter": "'no condition'"}, {"select": ["nope"]}],
          "sinks": {"out": {"stdout": {}}}})");
  ASSERT_FALSE(parsed.ok());
  std::vector<std::string> places;
  for (const spec::Diagnostic& each : check_rest(parsed, {}))
    if (each.severity == spec::Severity::error) places.push_back(each.code + " " + each.pointer);
  EXPECT_THAT(places, ::testing::ElementsAre("NOT_A_BOOLEAN /steps/0/filter",
                                             "UNKNOWN_FIELD /steps/1/select/0"));
}

}  // namespace
}  // namespace leat::plan
