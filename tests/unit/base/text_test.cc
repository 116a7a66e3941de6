#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <optional>

namespace leat::base {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Utf8, TakesWellFormedTextOnly) {
  for (const std::string_view good : {"", "abc", "ü", "€", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF",
                                      "\xED\x9F\xBF", "\xEE\x80\x80"})
    EXPECT_TRUE(valid_utf8(good));
  for (const std::string_view bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xE2\x82",
        "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xFE", "\xFF", "a\xC3("})
    EXPECT_FALSE(valid_utf8(bad));
  EXPECT_EQ(valid_utf8_prefix("ab\xC3\xBC\xC3"), 4u);
  EXPECT_EQ(valid_utf8_prefix("\xFFxx"), 0u);
  EXPECT_EQ(valid_utf8_prefix("abc"), 3u);
}

TEST(Utf8, CountsCodePoints) {
  EXPECT_EQ(count_code_points(""), 0u);
  EXPECT_EQ(count_code_points("aü€\xF0\x9F\x98\x80"), 4u);
}

std::string json_escaped(std::string_view text) {
  std::string out = ">";
  append_json_escaped(out, text);
  return out;
}

TEST(Escape, JsonStrings) {
  EXPECT_EQ(json_escaped("plain ü"), ">plain ü");
  EXPECT_EQ(json_escaped("a\"b\\c/"), ">a\\\"b\\\\c/");
  EXPECT_EQ(json_escaped("\n\r\t\b\f"), ">\\n\\r\\t\\b\\f");
  EXPECT_EQ(json_escaped(std::string_view("\0\x1f\x7f", 3)), ">\\u0000\\u001f\x7f");
  EXPECT_EQ(json_escaped("a\xFFz"), ">a\xEF\xBF\xBDz");
}

TEST(Escape, PrintableLines) {
  std::string out;
  append_printable(out, std::string_view("a\n\r\t\x1b[31m\0\x7f\"\\\xC3", 14));
  EXPECT_EQ(out, "a\\n\\r\\t\\x1b[31m\\x00\\x7f\"\\\xEF\xBF\xBD");
}

TEST(Nearest, FindsWhatWasMeant) {
  const std::vector<std::string_view> known = {"filter", "filters", "set", "select", "drop"};
  EXPECT_THAT(nearest("fliter", known), ElementsAre("filter", "filters"));
  EXPECT_THAT(nearest("filterss", known), ElementsAre("filters", "filter"));
  EXPECT_THAT(nearest("selct", known), ElementsAre("select"));
  EXPECT_THAT(nearest("sett", known), ElementsAre("set"));
  EXPECT_THAT(nearest("form", {"from", "set"}), ElementsAre("from"));
  EXPECT_THAT(nearest("feild", {"field"}), ElementsAre("field"));
  EXPECT_THAT(nearest("n", {"k", "m", "no"}), ElementsAre("no")) << "a letter in common";
  EXPECT_THAT(nearest("aggregate", known), IsEmpty());
  EXPECT_THAT(nearest("", known), IsEmpty());
  EXPECT_THAT(nearest("filterss", known, 1), ElementsAre("filters"));
  EXPECT_THAT(nearest(std::string(100'000, 'a'), known), IsEmpty());
}

std::optional<std::int64_t> duration(std::string_view text) {
  std::int64_t ns = -1;
  return parse_duration_ns(text, ns) ? std::optional(ns) : std::nullopt;
}

TEST(Durations, AreRead) {
  EXPECT_EQ(duration("0s"), 0);
  EXPECT_EQ(duration("1ns"), 1);
  EXPECT_EQ(duration("2us"), 2'000);
  EXPECT_EQ(duration("250ms"), 250'000'000);
  EXPECT_EQ(duration("1h30m"), 5'400'000'000'000);
  EXPECT_EQ(duration("1d"), 86'400'000'000'000);
  EXPECT_EQ(duration("1m1s1ms"), 61'001'000'000);
  EXPECT_EQ(duration("9223372036854775807ns"), std::numeric_limits<std::int64_t>::max());
}

TEST(Durations, OthersAreRefused) {
  for (const char* bad : {"",
                          "s",
                          "1",
                          "-1s",
                          "+1s",
                          "1.5s",
                          "1 s",
                          " 1s",
                          "1s ",
                          "1S",
                          "1min",
                          "1sec",
                          "1w",
                          "1s1",
                          "9223372036854775808ns",
                          "106752d",
                          "9223372036854775807ns1ns",
                          "100000000000000000000000s",
                          "1e3s",
                          "ü"})
    EXPECT_EQ(duration(bad), std::nullopt) << bad;
}

TEST(Durations, AreWrittenShortAndReadBack) {
  EXPECT_EQ(format_duration(0), "0s");
  EXPECT_EQ(format_duration(90'000'000'000), "1m30s");
  EXPECT_EQ(format_duration(86'400'000'000'000), "1d");
  EXPECT_EQ(format_duration(1'000'001), "1ms1ns");
  EXPECT_EQ(format_duration(-1'500'000'000), "-1s500ms");
  for (const std::int64_t ns : {std::int64_t{1}, std::int64_t{999}, std::int64_t{3'599'999'999'999},
                                std::numeric_limits<std::int64_t>::max()})
    EXPECT_EQ(duration(format_duration(ns)), ns);
  EXPECT_EQ(format_duration(std::numeric_limits<std::int64_t>::min()).substr(0, 8), "-106751d");
}

std::optional<std::uint64_t> size(std::string_view text) {
  std::uint64_t bytes = 0;
  return parse_size_bytes(text, bytes) ? std::optional(bytes) : std::nullopt;
}

TEST(Sizes, AreRead) {
  EXPECT_EQ(size("0B"), 0u);
  EXPECT_EQ(size("512KiB"), 512u * 1024);
  EXPECT_EQ(size("64MiB"), 64u * 1024 * 1024);
  EXPECT_EQ(size("2GiB"), 2ull * 1024 * 1024 * 1024);
  EXPECT_EQ(size("10kB"), 10'000u);
  EXPECT_EQ(size("10KB"), 10'000u);
  EXPECT_EQ(size("1MB"), 1'000'000u);
  EXPECT_EQ(size("3GB"), 3'000'000'000u);
}

TEST(Sizes, OthersAreRefused) {
  for (const char* bad : {"", "1", "MiB", "1MiB1KiB", "-1B", "1.5GiB", "1 MiB", "1mib", "1TB",
                          "99999999999GiB", "18446744073709551616B"})
    EXPECT_EQ(size(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace leat::base
