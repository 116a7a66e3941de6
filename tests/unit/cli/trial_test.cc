// test, preview and expr: commands that need no daemon.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/client.h"

namespace leat::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kGood =
    R"J({ "name": "p", "sources": { "in": { "kafka": { "topics": ["in"] } } },
  "steps": [ { "id": "twice", "set": { "w": "v * 2" } } ], "sinks": { "out": { "kafka": { "topic": "out" } } },
  "tests": [ { "name": "doubles", "input": { "in": [ { "v": 1 }, { "v": 2 } ] },
               "expect": { "out": { "exactly": [ { "v": 1, "w": 2 }, { "v": 2, "w": 4 } ] } } } ] })J";

class TrialCommands : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "leat-cli-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  ExitCode run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "leat");
    std::vector<const char*> argv;
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    const Parsed parsed = parse(static_cast<int>(argv.size()), argv.data());
    out_ = parsed.out;
    err_ = parsed.err;
    if (!parsed.invocation) return parsed.code;
    const Console console{[this](std::string_view text) { out_ += text; },
                          [this](std::string_view text) { err_ += text; }, false};
    const Surroundings around{[](const char*) -> const char* { return nullptr; }, folder_,
                              base::machine_clock()};
    return run_client(*parsed.invocation, around, console);
  }
  std::string write(const std::string& name, std::string_view text) {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }
  static std::string changed(std::string_view what, std::string_view by) {
    std::string text(kGood);
    return text.replace(text.find(what), what.size(), by);
  }
  std::string content(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(folder_ + "/" + name).rdbuf();
    return text.str();
  }

  std::string folder_;
  std::string out_;
  std::string err_;
};

TEST_F(TrialCommands, TestPrintsAReportAndEndsByIt) {
  const std::string good = write("good.json", kGood);
  EXPECT_EQ(run({"test", good, "-o", "table"}), ExitCode::done) << err_;
  EXPECT_EQ(out_, good + ": 1 test in 4 runs, all passed\n  ok    doubles\n");
  const std::string bad = write("bad.json", changed("\"w\": 4", "\"w\": 5"));
  EXPECT_EQ(run({"test", good, bad, "-o", "table"}), ExitCode::failed);
  EXPECT_THAT(
      out_, HasSubstr(bad + ": 1 test in 4 runs, 1 failed\n"
                            "  FAIL  doubles  (4 of 4 runs; first: real_time, 1 row at a time)\n"));
  EXPECT_THAT(
      out_,
      HasSubstr("/w: expected 5, got 4\n      - {\"v\":2,\"w\":5}\n      + {\"v\":2,\"w\":4}\n"));
}

TEST_F(TrialCommands, AQuietTestShowsFailuresOnly) {
  const std::string good = write("good.json", kGood);
  EXPECT_EQ(run({"test", "-q", "-o", "table", good}), ExitCode::done);
  EXPECT_EQ(out_, "");
}

TEST_F(TrialCommands, TestReportsAsJsonALineForEachFile) {
  const std::string good = write("good.json", kGood);
  EXPECT_EQ(run({"test", good, good, "-o", "json"}), ExitCode::done);
  EXPECT_THAT(out_,
              StartsWith("{\"file\":\"" + good +
                         "\",\"passed\":true,\"tests\":[{\"name\":\"doubles\","
                         "\"mode\":\"real_time\",\"batch_size\":1,\"passed\":true,\"seconds\":"));
  EXPECT_EQ(std::count(out_.begin(), out_.end(), '\n'), 2);
}

TEST_F(TrialCommands, TestWritesJUnit) {
  const std::string bad = write("bad.json", changed("\"w\": 4", "\"w\": 5"));
  EXPECT_EQ(run({"test", bad, "--junit", folder_ + "/report.xml"}), ExitCode::failed);
  EXPECT_THAT(content("report.xml"), HasSubstr("<testsuites tests=\"4\" failures=\"4\""));
  EXPECT_EQ(run({"test", bad, "--junit", folder_ + "/none/report.xml"}), ExitCode::failed);
  EXPECT_THAT(err_, HasSubstr("/none/report.xml"));
}

TEST_F(TrialCommands, TestRefusesADefinitionThatIsWrong) {
  const std::string wrong = write("wrong.json", changed("v * 2", "nofunction(v)"));
  EXPECT_EQ(run({"test", wrong}), ExitCode::bad_config);
  EXPECT_THAT(err_, HasSubstr("wrong.json:2:"));
  EXPECT_THAT(err_, HasSubstr("[UNKNOWN_FUNCTION]"));
  EXPECT_EQ(run({"test", write("no.json", "{")}), ExitCode::bad_config);
  EXPECT_EQ(run({"test", wrong, "-o", "table"}), ExitCode::bad_config);
  EXPECT_EQ(out_, "");
}

TEST_F(TrialCommands, ReportsHoldTheFilesThatAreNotValid) {
  const std::string wrong = write("wrong.json", changed("v * 2", "nofunction(v)"));
  const std::string none = write("none.json", "{");
  EXPECT_EQ(run({"test", wrong, none, write("good.json", kGood), "-o", "json", "--junit",
                 folder_ + "/report.xml"}),
            ExitCode::bad_config);
  EXPECT_THAT(out_, StartsWith("{\"file\":\"" + wrong +
                               "\",\"passed\":false,\"tests\":[],\"diagnostics\":[{"));
  EXPECT_THAT(out_, HasSubstr("\"code\":\"UNKNOWN_FUNCTION\""));
  EXPECT_THAT(out_, HasSubstr("\"code\":\"MALFORMED_JSON\""));
  EXPECT_EQ(std::count(out_.begin(), out_.end(), '\n'), 3);
  const std::string xml = content("report.xml");
  EXPECT_THAT(xml, HasSubstr("<testsuites tests=\"6\" failures=\"2\""));
  EXPECT_THAT(xml, HasSubstr("<testsuite name=\"" + none + "\" tests=\"1\" failures=\"1\""));
  EXPECT_THAT(xml, HasSubstr("wrong.json:2:"));
  EXPECT_THAT(xml, HasSubstr("[UNKNOWN_FUNCTION]"));
}

TEST_F(TrialCommands, TestAndPreviewTellWhatValidateTells) {
  const std::string worrying = write("worrying.json", changed("v * 2", "v * 2 + absent"));
  const std::string wrong =
      write("wrong.json", changed("\"v * 2\"", "\"nope(v)\"}, \"fro\": {\"a\":1"));
  for (const std::string& file : {worrying, wrong}) {
    run({"validate", file, "-q", "-o", "table"});
    const std::string told = err_;
    EXPECT_NE(told, "");
    run({"test", file, "-o", "table"});
    EXPECT_EQ(err_, told);
    run({"preview", file, "--row", "{}", "-o", "table"});
    EXPECT_EQ(err_, told);
  }
}

TEST_F(TrialCommands, PlacesAreThoseOfTheCaret) {
  const std::string wrong = write("wrong.json", changed("v * 2", "v * nofunction(v)"));
  run({"validate", wrong, "-q", "-o", "table"});
  EXPECT_THAT(err_, HasSubstr("wrong.json:2:50: "));
  EXPECT_THAT(err_, HasSubstr(std::string(49, ' ') + "^~~~"));
  constexpr std::string_view kPlace = R"("line":2,"column":50,"span":[4,)";
  run({"validate", wrong, "-o", "json"});
  EXPECT_THAT(out_, HasSubstr(kPlace));
  run({"test", wrong, "-o", "json", "--junit", folder_ + "/report.xml"});
  EXPECT_THAT(out_, HasSubstr(kPlace));
  EXPECT_THAT(content("report.xml"), HasSubstr("wrong.json:2:50: "));
}

TEST_F(TrialCommands, ATextThatEndsTooEarlyIsMarkedAtItsEnd) {
  const std::string file = write("short.json", "{\n  \"name\": \"x\",\n\n");
  EXPECT_EQ(run({"validate", file, "-q", "-o", "table"}), ExitCode::bad_config);
  EXPECT_THAT(err_, HasSubstr("short.json:2:15: "));
  EXPECT_THAT(err_, HasSubstr("  2 |   \"name\": \"x\",\n    | " + std::string(14, ' ') + "^\n"));
  run({"validate", file, "-o", "json"});
  EXPECT_THAT(out_, HasSubstr(R"("line":2,"column":15)"));
}

TEST_F(TrialCommands, ReportsHoldTheFilesThatCannotBeRead) {
  const std::string none = folder_ + "/none.json";
  EXPECT_EQ(run({"test", none, write("good.json", kGood), "-o", "json", "--junit",
                 folder_ + "/report.xml"}),
            ExitCode::bad_config);
  EXPECT_THAT(out_, StartsWith("{\"file\":\"" + none +
                               "\",\"passed\":false,\"tests\":[],\"diagnostics\":[{"));
  EXPECT_THAT(out_, HasSubstr("\"code\":\"UNREADABLE\""));
  EXPECT_THAT(content("report.xml"), HasSubstr("<testsuites tests=\"5\" failures=\"1\""));
  EXPECT_THAT(content("report.xml"), HasSubstr("none.json: the file cannot be read"));
  EXPECT_EQ(run({"validate", none, "-o", "json"}), ExitCode::bad_config);
  EXPECT_THAT(out_, HasSubstr("\"code\":\"UNREADABLE\""));
}

TEST_F(TrialCommands, ATestThatOverlooksFailedRowsSaysSo) {
  const std::string file =
      write("p.json", changed("\"expect\": { \"out\": { \"exactly\": [ { \"v\": 1, \"w\": 2 }, "
                              "{ \"v\": 2, \"w\": 4 } ] } }",
                              "\"modes\": [\"real_time\"], \"expect\": {}")
                          .replace(kGood.find("{ \"v\": 1 }"), 10, "{ \"x\": 1 }"));
  EXPECT_EQ(run({"test", file, "-o", "table", "--junit", folder_ + "/report.xml"}), ExitCode::done);
  EXPECT_THAT(out_, HasSubstr("  ok    doubles\n        note: 1 row failed and the test says "
                              "nothing about errors\n"));
  EXPECT_THAT(content("report.xml"), HasSubstr("<system-out>note: 1 row failed and"));
  run({"test", file, "-o", "json"});
  EXPECT_THAT(out_, HasSubstr(R"("failures":[],"note":"1 row failed and)"));
}

TEST_F(TrialCommands, PreviewShowsRowsAfterEveryStep) {
  const std::string file = write("p.json", kGood);
  const std::string rows =
      write("rows.ndjson", "{\"v\": 1}\n\n{\"$value\": {\"v\": 2}, \"$key\": \"k\"}\n");
  EXPECT_EQ(run({"preview", file, "--input", rows, "--row", "{\"v\":3}", "-o", "table"}),
            ExitCode::done)
      << err_;
  EXPECT_EQ(out_,
            "in\n  {\"v\":3}\n  {\"v\":1}\n  {\"v\":2}\n"
            "twice\n  {\"v\":3,\"w\":6}\n  {\"v\":1,\"w\":2}\n  {\"v\":2,\"w\":4}\n"
            "-> out\n"
            "  "
            "{\"$value\":{\"v\":3,\"w\":6},\"$key\":null,\"$timestamp\":\"2026-01-01T00:00:00."
            "000Z\",\"$topic\":\"out\"}\n"
            "  "
            "{\"$value\":{\"v\":1,\"w\":2},\"$key\":null,\"$timestamp\":\"2026-01-01T00:00:00."
            "000Z\",\"$topic\":\"out\"}\n"
            "  "
            "{\"$value\":{\"v\":2,\"w\":4},\"$key\":\"k\",\"$timestamp\":\"2026-01-01T00:00:00."
            "000Z\",\"$topic\":\"out\"}\n");
  EXPECT_EQ(run({"preview", file, "--row", "in={\"v\":3}", "-o", "json"}), ExitCode::done);
  EXPECT_THAT(
      out_,
      StartsWith(
          R"J({"steps":[{"id":"in","rows":[{"v":3}],"errors":[]},{"id":"twice","rows":[{"v":3,"w":6}])J"));
}

TEST_F(TrialCommands, PreviewSaysWhichRowIsNone) {
  const std::string file = write("p.json", kGood);
  EXPECT_EQ(run({"preview", file, "--input", write("rows.ndjson", "{}\n{\n")}), ExitCode::failed);
  EXPECT_THAT(err_, HasSubstr("rows.ndjson:2:2: "));
  EXPECT_EQ(run({"preview", file, "--row", "[1]"}), ExitCode::failed);
  EXPECT_THAT(err_, HasSubstr("leat: --row 1: a row is an object"));
  const std::string rows = write("long.ndjson", "{}\n{\"$value\": {}, \"$partition\": \"x\"}\n");
  EXPECT_EQ(run({"preview", file, "--input", rows}), ExitCode::failed);
  EXPECT_THAT(err_, HasSubstr("long.ndjson:2:30 /$partition: "));
}

TEST_F(TrialCommands, PreviewTellsAllMistakesInRows) {
  const std::string file = write("p.json", kGood);
  const std::string rows = write("rows.ndjson", "{\"$foo\": 1}\n\n{\"a\": \n{\"$value\": 5}\n");
  EXPECT_EQ(run({"preview", file, "--input", rows, "--row", "{\"v\" 1}"}), ExitCode::failed);
  EXPECT_THAT(err_, testing::ContainsRegex("\nleat: --row 1:1:6: .*\n"
                                           "leat: .*rows.ndjson:1:2 /\\$foo: .*\n"
                                           "leat: .*rows.ndjson:3:7: .*\n"
                                           "leat: .*rows.ndjson:4:12 /\\$value: "));
  std::string many;
  for (int i = 0; i < 30; ++i) many += "{\n";
  EXPECT_EQ(run({"preview", file, "--input", write("many.ndjson", many)}), ExitCode::failed);
  EXPECT_THAT(err_, HasSubstr("many.ndjson:20:2: "));
  EXPECT_THAT(err_, testing::Not(HasSubstr("many.ndjson:21:")));
  EXPECT_THAT(err_, HasSubstr("leat: … and 10 more\n"));
}

TEST_F(TrialCommands, PreviewTakesWhatTheSourceTakes) {
  const std::string file = write("p.json", kGood);
  EXPECT_EQ(run({"preview", file, "--row", R"({"v":1,"v":2,"x":1e400})", "-o", "table"}),
            ExitCode::done)
      << err_;
  EXPECT_THAT(out_, HasSubstr(R"(\"v\":2,\"x\":1e400,\"w\":2)"));
  EXPECT_EQ(run({"preview", file, "--row", R"({"v":1e400})", "-o", "table"}), ExitCode::done);
  EXPECT_THAT(out_, HasSubstr("NUMBER_OUT_OF_RANGE"));
  EXPECT_EQ(run({"preview", file, "--row", R"({"$value":{"v":1e400}})"}), ExitCode::failed);
}

TEST_F(TrialCommands, ExprPrintsTheValueOfEachRow) {
  EXPECT_EQ(run({"expr", "amount * 2", "--row", "{\"amount\": 2}"}), ExitCode::done) << err_;
  EXPECT_EQ(out_, "4\n");
  EXPECT_EQ(run({"expr", "'a' + 'b'"}), ExitCode::done);
  EXPECT_EQ(out_, "\"ab\"\n");
  const std::string rows = write("rows.ndjson", "{\"a\": 1}\n{}\n{\"a\": \"x\"}\n");
  EXPECT_EQ(run({"expr", "a", "--input", rows}), ExitCode::failed);
  EXPECT_EQ(out_, "1\n\"x\"\n");
  EXPECT_THAT(err_, StartsWith("leat: NO_SUCH_FIELD: " + rows + ":2: "));
  EXPECT_EQ(run({"expr", "a", "--row", "{\"a\": 1}", "--type"}), ExitCode::done);
  EXPECT_EQ(out_, "int\n");
  EXPECT_EQ(run({"expr", "a", "--row", "{\"a\": 1}", "-o", "json"}), ExitCode::done);
  EXPECT_EQ(out_, "{\"type\":\"int\",\"value\":1}\n");
}

TEST_F(TrialCommands, ExprTakesAMinusForTheExpressions) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"expr", "-amount", "--row", "{\"amount\": 2}"},
                                             {"expr", "--row", "{\"amount\": 2}", "-amount"},
                                             {"expr", "-1 * amount", "--row", "{\"amount\": 2}"},
                                             {"expr", "-(amount)", "--row={\"amount\": 2}"},
                                             {"expr", "--row", "{\"amount\": 2}", "--", "-amount"},
                                             {"expr", "--row", "{\"o\": 2}", "--", "-o"}}) {
    EXPECT_EQ(run(arguments), ExitCode::done) << err_;
    EXPECT_EQ(out_, "-2\n") << arguments[1];
  }
  EXPECT_EQ(run({"expr", "a", "--rows", "{}"}), ExitCode::usage);
  EXPECT_THAT(err_, HasSubstr("--rows"));
}

TEST_F(TrialCommands, ExprPutsACaretUnderAMistake) {
  EXPECT_EQ(run({"expr", "1 +\nsise(a) + 2"}), ExitCode::bad_config);
  EXPECT_THAT(err_, HasSubstr("UNKNOWN_FUNCTION"));
  EXPECT_THAT(err_, HasSubstr("did you mean `size`?\n  sise(a) + 2\n  ^~~~\n"));
}

TEST_F(TrialCommands, ExprShowsTheNeighbourhoodOfAMistakeInALongLine) {
  std::string text = "a";
  for (int i = 0; i < 500; ++i) text += "+1";
  EXPECT_EQ(run({"expr", text + "+nope(a)+" + text}), ExitCode::bad_config);
  EXPECT_THAT(err_, HasSubstr("\n  …"));
  EXPECT_THAT(err_, HasSubstr("…\n  " + std::string(61, ' ') + "^~~~"));
  EXPECT_LT(err_.size(), 500u);
}

TEST_F(TrialCommands, ExprSaysHowAnExpressionThatLooksLikeAnOptionIsWritten) {
  EXPECT_EQ(run({"expr", "--a"}), ExitCode::usage);
  EXPECT_THAT(err_, HasSubstr("leat expr -- "));
}

TEST_F(TrialCommands, NoneOfThemTakesAnAddress) {
  EXPECT_EQ(run({"test", "--url", "http://127.0.0.1:1", "x.json"}), ExitCode::usage);
  EXPECT_THAT(err_, HasSubstr("takes no --url"));
}

TEST_F(TrialCommands, RecordsOfTheBrokerAreReadByADaemonOnly) {
  const std::string file = write("p.json", kGood);
  EXPECT_EQ(run({"preview", file, "--read", "5", "--row", "{}"}), ExitCode::usage);
  EXPECT_THAT(err_, HasSubstr("--read takes the place of --input and --row"));
  EXPECT_EQ(run({"preview", file, "--read", "5", "--url", "http://127.0.0.1:1"}),
            ExitCode::unavailable)
      << err_;
}

}  // namespace
}  // namespace leat::cli
