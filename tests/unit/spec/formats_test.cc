#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "definitions.h"

namespace leat::spec {
namespace {

using namespace testing;  // NOLINT
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string with_format(std::string_view format,
                        std::string_view kind = R"("file": {"path": "x"})") {
  return with_sources("{\"in\": {" + std::string(kind) + ", \"format\": " + std::string(format) +
                      "}}");
}
std::string with_schema(std::string_view schema, std::string_view beside = "") {
  return with_sources(R"({"in": {"kafka": {"topics": ["t"]}, "schema": )" + std::string(schema) +
                      std::string(beside) + "}}");
}
std::string with_time(std::string_view members) {
  return with_sources(R"({"in": {"kafka": {"topics": ["t"]}, "event_time": {)" +
                      std::string(members) + "}}}");
}
SourceSpec source_of(const std::string& text) {
  const ParseResult result = parse_pipeline(text);
  return result.ok() ? result.spec->sources[0] : SourceSpec{};
}

TEST(Formats, AreNamesOrObjectsOfOneKey) {
  const auto check = [](std::string_view format) { return errors_of(with_format(format)); };
  EXPECT_EQ(check("\"bytes\""), "");
  EXPECT_EQ(source_of(with_format(R"({"string": {}})")).format, Format::string);
  EXPECT_EQ(check("\"protobuf\""), "UNKNOWN_VALUE /sources/in/format");
  const Diagnostic unknown = parse_pipeline(with_format("\"csvs\"")).diagnostics.at(0);
  EXPECT_EQ(unknown.message,
            R"(`csvs` is not one of `json`, `string`, `bytes`, {"csv": {"fields": […]}})");
  EXPECT_EQ(unknown.did_you_mean, std::vector<std::string>{"csv"});
  EXPECT_EQ(check("\"avro\""), "NOT_AVAILABLE_YET /sources/in/format");
  EXPECT_EQ(check(R"({"avro": {"registry": "main"}})"),
            "NOT_AVAILABLE_YET /sources/in/format/avro");
  EXPECT_EQ(check("{}"), "EXACTLY_ONE_OF /sources/in/format");
  EXPECT_EQ(check(R"({"json": {}, "bytes": {}})"), "EXACTLY_ONE_OF /sources/in/format");
  EXPECT_EQ(check(R"({"json": {"x": 1}})"), "UNKNOWN_FIELD /sources/in/format/json/x");
  EXPECT_EQ(check("null"), "WRONG_TYPE /sources/in/format");
}

TEST(Formats, CsvNamesItsColumnsByFieldsOrByTheHeaderOfAFile) {
  const SourceSpec source = source_of(
      with_format(R"({"csv": {"fields": ["a", "b c", "ü"], "delimiter": "\t", "null": "NULL"}})"));
  EXPECT_EQ(source.format, Format::csv);
  EXPECT_THAT(source.csv.fields, ElementsAre("a", "b c", "ü"));
  EXPECT_EQ(source.csv.delimiter, '\t');
  EXPECT_EQ(source.csv.null, "NULL");
  EXPECT_FALSE(source.csv.header);
  EXPECT_TRUE(source_of(with_format(R"({"csv": {"header": true}})")).csv.header);
  EXPECT_EQ(errors_of(with_format("\"csv\"")), "MISSING_FIELD /sources/in/format");
  EXPECT_EQ(errors_of(with_format(R"({"csv": {}})")), "MISSING_FIELD /sources/in/format/csv");
  EXPECT_EQ(errors_of(with_format(R"({"csv": {"header": false}})")),
            "MISSING_FIELD /sources/in/format/csv");
  EXPECT_EQ(errors_of(with_format(R"({"csv": {"fields": ["a"], "header": true}})")),
            "EXACTLY_ONE_OF /sources/in/format/csv");
  EXPECT_EQ(errors_of(with_format(R"({"csv": {"header": true}})", R"("kafka": {"topics": ["t"]})")),
            "BAD_VALUE /sources/in/format");
  EXPECT_EQ(errors_of(with_format(R"({"csv": {"fields": ["a"]}})",
                                  R"("generator": {"fields": {"a": "seq"}})")),
            "BAD_VALUE /sources/in/format");
}

TEST(Formats, WrongCsvIsRefused) {
  const auto check = [](std::string_view members) {
    return errors_of(with_format("{\"csv\": {" + std::string(members) + "}}"));
  };
  EXPECT_EQ(check(R"("fields": [])"), "OUT_OF_RANGE /sources/in/format/csv/fields");
  EXPECT_EQ(check(R"("fields": ["a", "", 1, "a"])"),
            "BAD_NAME /sources/in/format/csv/fields/1\nWRONG_TYPE /sources/in/format/csv/fields/2\n"
            "FIELD_CLASH /sources/in/format/csv/fields/3");
  for (const char* bad : {"", "ab", "ü", "\\\"", "\\n", "\\r", "\\u0000"})
    EXPECT_EQ(check("\"fields\": [\"a\"], \"delimiter\": \"" + std::string(bad) + "\""),
              "BAD_VALUE /sources/in/format/csv/delimiter")
        << bad;
  EXPECT_EQ(
      errors_of(with_sinks(R"({"out": {"stdout": {}, "format": {"csv": {"header": true}}}})")),
      "MISSING_FIELD /sinks/out/format/csv\nUNKNOWN_FIELD /sinks/out/format/csv/header");
}

TEST(Schema, TypesAreReadInTheOrderOfTheText) {
  using Kind = SchemaType::Kind;
  const SourceSpec source = source_of(with_schema(
      R"({"b": "bool", "i": "int!", "d": "double", "s": "string", "y": "bytes", "t": "timestamp!", "j": "json",
          "l": "list<map<int!>!>!", "o": {"x": "int", "p": {"q": "string!"}}})"));
  ASSERT_TRUE(source.schema);
  const auto& fields = source.schema->fields;
  ASSERT_EQ(fields.size(), 9u);
  const Kind kinds[] = {Kind::boolean,   Kind::integer, Kind::real, Kind::string, Kind::bytes,
                        Kind::timestamp, Kind::json,    Kind::list, Kind::object};
  for (std::size_t i = 0; i < 9; ++i) EXPECT_EQ(fields[i].type.kind, kinds[i]) << fields[i].name;
  EXPECT_FALSE(fields[0].type.required);
  EXPECT_TRUE(fields[1].type.required && fields[5].type.required && fields[7].type.required);
  const SchemaType& map = *fields[7].type.element;
  EXPECT_EQ(map.kind, Kind::map);
  EXPECT_TRUE(map.required);
  EXPECT_EQ(map.element->kind, Kind::integer);
  EXPECT_TRUE(map.element->required);
  const auto& members = fields[8].type.members;
  ASSERT_EQ(members.size(), 2u);
  EXPECT_EQ(members[1].type.members[0].name, "q");
  EXPECT_TRUE(members[1].type.members[0].type.required);
  EXPECT_EQ(source.schema->extra, ExtraFields::keep);
}

TEST(Schema, WrongTypesAreRefusedWithTheirNearNames) {
  const auto check = [](std::string_view type) {
    return errors_of(with_schema("{\"a\": " + std::string(type) + "}"));
  };
  for (const char* bad : {"\"\"", "\"integer\"", "\"Int\"", "\"int?\"", "\"int!!\"", "\"list\"",
                          "\"list<>\"", "\"list<int\"", "\"list<int>>\"", "\"map<string,int>\"",
                          "\" int\"", "\"int \"", "\"!\"", "\"list<list\""})
    EXPECT_EQ(check(bad), "UNKNOWN_VALUE /sources/in/schema/a") << bad;
  EXPECT_EQ(check("1"), "WRONG_TYPE /sources/in/schema/a");
  EXPECT_EQ(check("{\"b\": []}"), "WRONG_TYPE /sources/in/schema/a/b");
  EXPECT_EQ(check("{}"), "OUT_OF_RANGE /sources/in/schema/a");
  EXPECT_EQ(errors_of(with_schema("{}")), "OUT_OF_RANGE /sources/in/schema");
  EXPECT_EQ(errors_of(with_schema(R"({"": "int"})")), "BAD_NAME /sources/in/schema/");
  EXPECT_THAT(parse_pipeline(with_schema(R"({"a": "strin"})")).diagnostics[0].did_you_mean,
              ElementsAre("string"));
  const Diagnostic decimal = parse_pipeline(with_schema(R"({"a": "decimal"})")).diagnostics[0];
  EXPECT_THAT(decimal.message, HasSubstr("no type `decimal`"));
  std::string deep = "int";
  for (int i = 0; i < 16; ++i) deep = "list<" + deep + ">";
  EXPECT_EQ(check("\"" + deep + "\""), "");
  EXPECT_EQ(check("\"list<" + deep + ">\""), "UNKNOWN_VALUE /sources/in/schema/a");
}

TEST(Schema, ExtraStandsBesideIt) {
  EXPECT_EQ(source_of(with_schema(R"({"a": "int"})", R"(, "extra": "drop")")).schema->extra,
            ExtraFields::drop);
  EXPECT_EQ(source_of(with_schema(R"({"a": "int"})", R"(, "extra": "error")")).schema->extra,
            ExtraFields::error);
  EXPECT_EQ(errors_of(with_sources(R"({"in": {"kafka": {"topics": ["t"]}, "extra": "keep"}})")),
            "BAD_VALUE /sources/in/extra");
}

TEST(Schema, FitsTheFormat) {
  EXPECT_EQ(errors_of(with_schema(R"({"value": "string"})", R"(, "format": "string")")),
            "BAD_VALUE /sources/in/schema");
  const std::string csv = R"(, "format": {"csv": {"fields": ["a", "bb"]}})";
  EXPECT_EQ(errors_of(with_schema(R"({"a": "int", "bb": "timestamp!"})", csv)), "");
  EXPECT_EQ(errors_of(with_schema(R"({"a": "list<int>", "b": "int", "bb": "json"})", csv)),
            "BAD_VALUE /sources/in/schema/a\nUNKNOWN_NAME /sources/in/schema/b\nBAD_VALUE "
            "/sources/in/schema/bb");
}

TEST(Schema, FieldsThatExpressionsCannotNameAreWarnedOf) {
  EXPECT_EQ(warnings_of(with_schema(R"({"meta": "int", "a": {"in": "int"}, "this": "string"})")),
            "SHADOWED_FIELD /sources/in/schema/meta\nSHADOWED_FIELD /sources/in/schema/this");
  EXPECT_EQ(warnings_of(with_steps(R"([{"set": {"`in`.a": "1", "a.`in`": "2"}}])")),
            "SHADOWED_FIELD /steps/0/set/`in`.a");
}

TEST(EventTime, IsTheRecordsTimeByDefault) {
  const EventTimeSpec time = source_of(with_time("")).event_time;
  EXPECT_FALSE(time.value);
  EXPECT_EQ(time.max_lateness, 0s);
  EXPECT_EQ(time.max_future, 24h);
  EXPECT_EQ(time.idle_after, 10s);
  EXPECT_FALSE(time.fallback_kafka || time.advance_when_idle);
}

TEST(EventTime, IsAPathOrAnExpression) {
  const EventTimeSpec path = source_of(with_time(R"("field": "user.`in`")")).event_time;
  EXPECT_EQ(path.value->text, "user.`in`");
  EXPECT_EQ(path.value->pointer, "/sources/in/event_time/field");
  EXPECT_EQ(path.unit, EventTimeSpec::Unit::automatic);
  const EventTimeSpec expression =
      source_of(with_time(R"("field": {"expr": "a + b"}, "format": "ns")")).event_time;
  EXPECT_EQ(expression.value->text, "a + b");
  EXPECT_EQ(expression.value->pointer, "/sources/in/event_time/field/expr");
  EXPECT_EQ(expression.unit, EventTimeSpec::Unit::ns);
  EXPECT_EQ(errors_of(with_time(R"("field": "a[0]")")),
            "BAD_FIELD_PATH /sources/in/event_time/field");
  EXPECT_EQ(errors_of(with_time(R"("field": {"expr": ""})")),
            "OUT_OF_RANGE /sources/in/event_time/field/expr");
}

TEST(EventTime, FormatsAreUnitsOrPatterns) {
  const EventTimeSpec time =
      source_of(
          with_time(R"("field": "t", "format": "%d.%m.%Y", "zone": "+01:00", "fallback": "kafka")"))
          .event_time;
  EXPECT_EQ(time.unit, EventTimeSpec::Unit::pattern);
  EXPECT_EQ(time.pattern, "%d.%m.%Y");
  EXPECT_EQ(time.zone, "+01:00");
  EXPECT_TRUE(time.fallback_kafka);
  EXPECT_EQ(errors_of(with_time(R"("field": "t", "format": "seconds")")),
            "BAD_VALUE /sources/in/event_time/format");
  for (const char* bad : {"Europe Berlin", "+1:00", "+01.00", "Zürich"})
    EXPECT_EQ(errors_of(with_time(R"("field": "t", "format": "%Y", "zone": ")" + std::string(bad) +
                                  "\"")),
              "BAD_VALUE /sources/in/event_time/zone")
        << bad;
  EXPECT_EQ(errors_of(with_time(R"("field": "t", "format": "ms", "zone": "UTC")")),
            "BAD_VALUE /sources/in/event_time/zone");
  EXPECT_EQ(errors_of(with_time(R"("format": "ms", "fallback": "kafka")")),
            "BAD_VALUE /sources/in/event_time/format\nBAD_VALUE /sources/in/event_time/fallback");
}

TEST(EventTime, DurationsHaveBounds) {
  EXPECT_EQ(
      errors_of(with_time(R"("max_lateness": "401d", "max_future": "-1s", "idle_after": "0s")")),
      "OUT_OF_RANGE /sources/in/event_time/max_lateness\nBAD_VALUE "
      "/sources/in/event_time/max_future\nOUT_OF_RANGE /sources/in/event_time/idle_after");
  const EventTimeSpec time =
      source_of(
          with_time(
              R"("max_lateness": "5s", "max_future": "0s", "idle_after": "1m", "advance_when_idle": true)"))
          .event_time;
  EXPECT_EQ(time.max_lateness, 5s);
  EXPECT_EQ(time.max_future, 0s);
  EXPECT_EQ(time.idle_after, 1min);
  EXPECT_TRUE(time.advance_when_idle);
}

TEST(Keys, AreTextOrBytes) {
  const auto as_bytes = [](std::string_view format) {
    return source_of(with_sources(R"({"in": {"kafka": {"topics": ["t"]}, "key_format": ")" +
                                  std::string(format) + "\"}}"))
        .key_as_bytes;
  };
  EXPECT_TRUE(as_bytes("bytes"));
  EXPECT_FALSE(as_bytes("string"));
}

TEST(Explode, DefaultsToItsField) {
  const ParseResult result =
      parse_pipeline(with_steps(R"([{"explode": {"field": "order.items"}}])"));
  ASSERT_TRUE(result.ok()) << codes(result.diagnostics);
  const auto& step = std::get<ExplodeStep>(result.spec->steps[0].verb);
  EXPECT_EQ(result.spec->steps[0].id, "explode-0");
  EXPECT_THAT(step.field, ElementsAre("order", "items"));
  EXPECT_EQ(step.as, step.field);
  EXPECT_FALSE(step.index || step.outer);
}

TEST(Explode, FieldsDoNotLieInEachOther) {
  const auto check = [](std::string_view members) {
    return errors_of(with_steps("[{\"explode\": {" + std::string(members) + "}}]"));
  };
  EXPECT_EQ(check(R"("field": "a", "as": "a.b")"), "FIELD_CLASH /steps/0/explode/as");
  EXPECT_EQ(check(R"("field": "a.b", "as": "a")"), "FIELD_CLASH /steps/0/explode/as");
  EXPECT_EQ(check(R"("field": "a", "index": "a")"), "FIELD_CLASH /steps/0/explode/index");
  EXPECT_EQ(check(R"("field": "a", "as": "b", "index": "b.c")"),
            "FIELD_CLASH /steps/0/explode/index");
  EXPECT_EQ(check(R"("field": "a[0]", "as": "", "index": 1)"),
            "BAD_FIELD_PATH /steps/0/explode/field\nBAD_FIELD_PATH /steps/0/explode/as\nWRONG_TYPE "
            "/steps/0/explode/index");
}

TEST(Formats, AnUnknownOneIsToldWithAllThatThereAre) {
  const ParseResult result =
      parse_pipeline(with_sources(R"({"in": {"kafka": {"topics": ["t"]}, "format": "xml"}})"));
  ASSERT_FALSE(result.diagnostics.empty());
  for (const char* format : {"json", "string", "bytes", "csv"})
    EXPECT_NE(result.diagnostics[0].message.find(format), std::string::npos)
        << result.diagnostics[0].message;
}

}  // namespace
}  // namespace leat::spec
