#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "expr/mock.h"
#include "unit/plan/plan_run.h"

namespace leat::plan {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string with_plugins(const std::string& plugins, const std::string& value) {
  return R"({"name":"p","plugins":)" + plugins +
         R"(,"sources":{"in":{"kafka":{"topics":["in"]}}},"steps":[{"set":{"x":")" + value +
         R"("}}],"sinks":{"out":{"kafka":{"topic":"out"}}}})";
}

TEST(PlanPlugins, OneThatIsNotInstalledIsToldAtItsPlace) {
  const Planned made = planned(with_plugins(R"({"geo":"1.0"})", "geo.country_of(ip ?? '')"));
  EXPECT_THAT(made.problems, ElementsAre("error /plugins/geo UNKNOWN_PLUGIN",
                                         "error /steps/0/set/x UNKNOWN_FUNCTION"));
  EXPECT_THAT(made.diagnostics[0].message, HasSubstr("none is installed"));
}

TEST(PlanPlugins, NamesAndVersionsAreChecked) {
  EXPECT_THAT(planned(with_plugins(R"({"math":"1.0"})", "1")).problems,
              ElementsAre("error /plugins/math BAD_NAME"));
  EXPECT_THAT(planned(with_plugins(R"({"Geo":"1.0"})", "1")).problems,
              ElementsAre("error /plugins/Geo BAD_NAME"));
  for (const char* const version : {"1", "latest", "1.2.3.4", "01.2", "sha256:12", ">=1.0"})
    EXPECT_THAT(planned(with_plugins(R"({"geo":")" + std::string(version) + "\"}", "1")).problems,
                ElementsAre("error /plugins/geo BAD_VERSION"))
        << version;
}

TEST(PlanPlugins, TheObjectFormIsTheSame) {
  EXPECT_THAT(
      planned(with_plugins(R"({"geo":{"version":"1.0","isolation":"in_process"}})", "1")).problems,
      ElementsAre("error /plugins/geo UNKNOWN_PLUGIN"));
}

TEST(PlanPlugins, WhereATestAnswersNothingNeedsToBeInstalled) {
  spec::TestFunction answer;
  answer.name = "geo.country_of";
  const spec::ParseResult parsed =
      spec::parse_pipeline(with_plugins(R"({"geo":"1.0"})", "geo.country_of('x')"));
  PlanOptions options;
  options.mocks = {std::make_shared<const expr::Mock>(answer)};
  EXPECT_THAT(build_plan(parsed.spec, options).diagnostics, IsEmpty());
  options.mocks.clear();
  EXPECT_EQ(build_plan(parsed.spec, options).plan, nullptr);
}

}  // namespace
}  // namespace leat::plan
