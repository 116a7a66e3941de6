#include "spec/text.h"

#include <gtest/gtest.h>

#include "json/parse.h"
#include "spec/time.h"

namespace leat::spec {
namespace {

Diagnostic sample() {
  Diagnostic diagnostic;
  diagnostic.pointer = "/steps/4/filter";
  diagnostic.line = 63;
  diagnostic.column = 34;
  diagnostic.span = {17, 33};
  diagnostic.code = "UNKNOWN_FIELD";
  diagnostic.message = "field `max_per_minut` does not exist here";
  diagnostic.did_you_mean = {"max_per_minute"};
  return diagnostic;
}

TEST(Text, ADiagnosticIsAnEntryOfErrors) {
  json::Writer writer;
  write_error(writer, sample());
  EXPECT_EQ(
      writer.take(),
      R"({"pointer":"/steps/4/filter","line":63,"column":34,"span":[17,33],"code":"UNKNOWN_FIELD",)"
      R"("message":"field `max_per_minut` does not exist here","did_you_mean":["max_per_minute"]})");
}

TEST(Text, ADiagnosticWithoutAPlaceHasNoPlace) {
  Diagnostic diagnostic;
  diagnostic.severity = Severity::warning;
  diagnostic.code = "NEVER_READ";
  diagnostic.message = "a \"b\"\n";
  json::Writer writer;
  write_diagnostic(writer, diagnostic);
  EXPECT_EQ(writer.take(),
            R"({"severity":"warning","pointer":"","code":"NEVER_READ","message":"a \"b\"\n"})");
}

TEST(Text, ADiagnosticIsALine) {
  EXPECT_EQ(to_line("a.json", sample()),
            "a.json:63:34: field `max_per_minut` does not exist here [UNKNOWN_FIELD] did you mean "
            "`max_per_minute`");
  Diagnostic warning;
  warning.severity = Severity::warning;
  warning.code = "X";
  warning.message = "two\nlines";
  EXPECT_EQ(to_line("a.json", warning), "a.json: warning: two\\nlines [X]");
}

TEST(Time, ReadsRfc3339) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z")->us, 0);
  EXPECT_EQ(parse_rfc3339("2026-01-01T00:00:00.25Z")->us, 1'767'225'600'250'000);
  EXPECT_EQ(parse_rfc3339("2026-01-01t01:00:00+01:00")->us, 1'767'225'600'000'000);
  EXPECT_EQ(parse_rfc3339("2025-12-31T23:30:00-00:30")->us, 1'767'225'600'000'000);
  EXPECT_EQ(parse_rfc3339("2026-01-01T00:00:00.123456789z")->us, 1'767'225'600'123'456);
  EXPECT_EQ(parse_rfc3339("2024-02-29T00:00:00Z")->us, 1'709'164'800'000'000);
  EXPECT_EQ(parse_rfc3339("1969-12-31T23:59:59.5Z")->us, -500'000);
  EXPECT_EQ(parse_rfc3339("2016-12-31T23:59:60Z")->us, parse_rfc3339("2017-01-01T00:00:00Z")->us);
  for (const char* bad :
       {"", "2026", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2025-02-29T00:00:00Z",
        "2026-01-32T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+0100",
        "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00Zx", "+026-01-01T00:00:00Z"})
    EXPECT_FALSE(parse_rfc3339(bad).has_value()) << bad;
}

}  // namespace
}  // namespace leat::spec
