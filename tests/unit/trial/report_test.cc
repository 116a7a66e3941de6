#include "trial/report.h"

#include <gmock/gmock.h>

#include "json/parse.h"
#include "unit/trial/definitions.h"

namespace leat::trial {
namespace {

using testing::HasSubstr;

Report some_report() {
  Report report;
  TestRun good;
  good.name = "good <&>";
  good.mode = "real_time";
  good.seconds = 0.5;
  TestRun bad = good;
  bad.name = "bad";
  bad.batch_size = 3;
  bad.failures.push_back({"out", json::parse(R"([{"v": 1}])").root(),
                          json::parse(R"([{"v": "<2>"}])").root(),
                          "exactly: 1 of 1 expected row did not come"});
  report.runs = {good, good, bad};
  return report;
}

TEST(TestReport, JsonHasTheShapeOfTheApi) {
  EXPECT_EQ(
      to_json(some_report(), ""),
      R"({"passed":false,"tests":[)"
      R"({"name":"good <&>","mode":"real_time","batch_size":1,"passed":true,"seconds":0.5,"failures":[]},)"
      R"({"name":"good <&>","mode":"real_time","batch_size":1,"passed":true,"seconds":0.5,"failures":[]},)"
      R"({"name":"bad","mode":"real_time","batch_size":3,"passed":false,"seconds":0.5,"failures":[)"
      R"({"sink":"out","expected":[{"v":1}],"actual":[{"v":"<2>"}],)"
      R"("message":"exactly: 1 of 1 expected row did not come"}]}]})");
}

TEST(TestReport, PeopleSeeNamesAndTheRowsThatDiffer) {
  EXPECT_EQ(to_text(some_report(), "p.json"),
            "p.json: 2 tests in 3 runs, 1 failed\n"
            "  ok    good <&>\n"
            "  FAIL  bad  (1 of 1 run; first: real_time, 3 rows at a time)\n"
            "    sink `out`: exactly: 1 of 1 expected row did not come\n"
            "      - {\"v\":1}\n"
            "      + {\"v\":\"<2>\"}\n");
  EXPECT_EQ(to_text(Report(), "p.json"), "p.json: no tests\n");
}

TEST(TestReport, JUnitHasACaseForEachRun) {
  JUnit junit;
  junit.add(some_report(), "p.json");
  junit.add(Report(), "q.json");
  const std::string xml = junit.take();
  EXPECT_THAT(xml, HasSubstr(R"(<testsuites tests="3" failures="1" time="1.500000">)"));
  EXPECT_THAT(xml,
              HasSubstr(R"(<testsuite name="p.json" tests="3" failures="1" time="1.500000">)"));
  EXPECT_THAT(
      xml,
      HasSubstr(R"(name="good &lt;&amp;&gt; [real_time, 1 row at a time]" time="0.500000"/>)"));
  EXPECT_THAT(xml, HasSubstr(R"(<failure message="exactly: 1 of 1 expected row did not come">)"));
  EXPECT_THAT(xml, HasSubstr("+ {&quot;v&quot;:&quot;&lt;2&gt;&quot;}\n"));
  EXPECT_THAT(xml,
              HasSubstr(R"(<testsuite name="q.json" tests="0" failures="0" time="0.000000">)"));
}

}  // namespace
}  // namespace leat::trial
