#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "codec/csv_text.h"
#include "unit/codec/rows.h"

namespace leat::codec {
namespace {

using record::DecodeSlot;
using testing::ElementsAre;

using Kind = spec::SchemaType::Kind;
using Want = DecodeSlot::Want;

spec::SchemaType type(Kind kind, bool required = false) {
  spec::SchemaType made;
  made.kind = kind;
  made.required = required;
  return made;
}

Reading csv(std::vector<std::string> fields, char delimiter = ',') {
  Reading reading;
  reading.format = Format::csv;
  reading.csv.fields = std::move(fields);
  reading.csv.delimiter = delimiter;
  return reading;
}

Reading typed(std::vector<spec::SchemaField> fields,
              spec::ExtraFields extra = spec::ExtraFields::keep) {
  Reading reading = csv({});
  for (const auto& [name, ignored] : fields) reading.csv.fields.push_back(name);
  auto schema = std::make_shared<spec::SchemaSpec>();
  schema->fields = std::move(fields);
  schema->extra = extra;
  reading.schema = std::move(schema);
  return reading;
}

std::vector<std::string> split(std::string_view row, char delimiter = ',') {
  base::Arena arena;
  std::vector<std::string_view> fields;
  if (const record::RowError* error = split_csv(row, delimiter, arena, fields))
    return {code_of(error)};
  return {fields.begin(), fields.end()};
}

// What reading a row gives for each slot, or the error.
std::vector<std::string> read(const Reading& reading, const std::string& row,
                              const std::vector<DecodeSlot>& slots) {
  const std::unique_ptr<RowDecoder> decoder = make_decoder(reading, slots);
  record::RecordBatch batch = batch_of({row});
  std::vector<const record::RowError*> errors(1);
  decoder->decode(batch, errors);
  if (errors[0] != nullptr) return {code_of(errors[0])};
  std::vector<std::string> values;
  for (const DecodeSlot& slot : slots) values.push_back(shown(batch.column(slot.column)[0]));
  return values;
}

// Value and token of the field `a`.
std::vector<std::string> read_a(const Reading& reading, const std::string& row) {
  return read(reading, row, {{{"a"}, Want::value, 0}, {{"a"}, Want::token, 1}});
}

std::vector<std::string> encoded(record::RowEncoder& encoder, record::RecordBatch& batch) {
  std::vector<std::string_view> texts(batch.size());
  std::vector<const record::RowError*> errors(batch.size());
  encoder.encode(batch, texts, errors);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < batch.size(); ++i)
    out.push_back(errors[i] != nullptr ? code_of(errors[i]) : std::string(texts[i]));
  return out;
}

std::vector<std::string> to_json(const Reading& reading, const std::vector<std::string>& rows) {
  record::RecordBatch batch = batch_of(rows);
  return encoded(*make_csv_to_json_encoder(reading), batch);
}

TEST(CsvText, SplitsByTheRulesOfRfc4180) {
  EXPECT_THAT(split("a,b,,d"), ElementsAre("a", "b", "", "d"));
  EXPECT_THAT(split(""), ElementsAre(""));
  EXPECT_THAT(split(","), ElementsAre("", ""));
  EXPECT_THAT(split(R"("a,b","c ""d""","line
end",)"),
              ElementsAre("a,b", R"(c "d")", "line\nend", ""));
  EXPECT_THAT(split("\"\",\"\"\"\""), ElementsAre("", "\""));
  EXPECT_THAT(split(" a , \tb"), ElementsAre(" a ", " \tb"));
  EXPECT_THAT(split("a;b,c", ';'), ElementsAre("a", "b,c"));
  EXPECT_THAT(split("a,b\r\n"), ElementsAre("a", "b"));
  EXPECT_THAT(split("a,b\n"), ElementsAre("a", "b"));
}

TEST(CsvText, WhatIsNotOneRowIsMalformed) {
  for (const char* row : {"a\nb", "a,b\n\n", "\"a", "\"a\"b", "a\"b", "\"a\"\"", "a,b\rc"})
    EXPECT_THAT(split(row), ElementsAre("MALFORMED_CSV")) << row;
  EXPECT_THAT(split("a,\xff"), ElementsAre("INVALID_UTF8"));
}

TEST(CsvText, QuotesOnlyWhatNeedsThem) {
  const auto field = [](std::string_view text, char delimiter = ',') {
    TextBuffer out;
    append_csv_field(out, text, delimiter);
    return std::string(out.view());
  };
  EXPECT_EQ(field("plain text"), "plain text");
  EXPECT_EQ(field(""), "");
  EXPECT_EQ(field("a,b"), "\"a,b\"");
  EXPECT_EQ(field("a,b", ';'), "a,b");
  EXPECT_EQ(field("say \"x\""), "\"say \"\"x\"\"\"");
  EXPECT_EQ(field("a\nb"), "\"a\nb\"");
}

TEST(CsvDecoder, WithoutSchemaEveryFieldIsAString) {
  const Reading reading = csv({"a", "b"});
  EXPECT_THAT(read_a(reading, "1.10,x"), ElementsAre("string 1.10", "json \"1.10\""));
  EXPECT_THAT(read_a(reading, ",x"), ElementsAre("string ", "json \"\""));
  EXPECT_THAT(read_a(reading, "\"say \"\"x\"\"\",y"),
              ElementsAre("string say \"x\"", R"(json "say \"x\"")"));
  EXPECT_THAT(read(reading, "1,2", {{{"nope"}, Want::value, 0}, {{"a", "x"}, Want::value, 1}}),
              ElementsAre("absent", "absent"));
}

TEST(CsvDecoder, AnotherNumberOfColumnsIsAnError) {
  for (const char* row : {"1", "1,2,3", ""})
    EXPECT_THAT(read_a(csv({"a", "b"}), row), ElementsAre("COLUMN_COUNT")) << row;
}

TEST(CsvDecoder, ReadsTypesOfTheSchema) {
  const auto with = [](Kind kind) { return typed({{"a", type(kind)}}); };
  EXPECT_THAT(read_a(with(Kind::integer), "12"), ElementsAre("int 12", "json 12"));
  EXPECT_THAT(read_a(with(Kind::integer), "1.0"), ElementsAre("TYPE_MISMATCH"));
  EXPECT_THAT(read_a(with(Kind::integer), "007"), ElementsAre("TYPE_MISMATCH"));
  EXPECT_THAT(read_a(with(Kind::integer), "9223372036854775808"),
              ElementsAre("NUMBER_OUT_OF_RANGE"));
  EXPECT_THAT(read_a(with(Kind::real), "3"), ElementsAre("double 3.000000", "json 3"));
  EXPECT_THAT(read_a(with(Kind::real), "1.10"), ElementsAre("double 1.100000", "json 1.10"));
  EXPECT_THAT(read_a(with(Kind::boolean), "true"), ElementsAre("bool true", "json true"));
  EXPECT_THAT(read_a(with(Kind::boolean), "True"), ElementsAre("TYPE_MISMATCH"));
  EXPECT_THAT(read_a(with(Kind::string), "x"), ElementsAre("string x", "json \"x\""));
  EXPECT_THAT(read_a(with(Kind::timestamp), "1970-01-01T00:00:01+00:00"),
              ElementsAre("timestamp 1000000", "json \"1970-01-01T00:00:01+00:00\""));
  EXPECT_THAT(read_a(with(Kind::timestamp), "1500"), ElementsAre("timestamp 1500000", "json 1500"));
  EXPECT_THAT(read_a(with(Kind::timestamp), "1970-01-01"), ElementsAre("TYPE_MISMATCH"));
  EXPECT_THAT(read_a(with(Kind::bytes), "YWI="), ElementsAre("bytes ab", "json \"YWI=\""));
  EXPECT_THAT(read_a(with(Kind::bytes), "Y*I="), ElementsAre("TYPE_MISMATCH"));
  EXPECT_THAT(read_a(with(Kind::json), R"("[1, ""x""]")"),
              ElementsAre(R"(json [1, "x"])", R"(json [1, "x"])"));
}

TEST(CsvDecoder, StructuredFieldsAreReadInside) {
  spec::SchemaType list = type(Kind::list);
  list.element = std::make_shared<spec::SchemaType>(type(Kind::integer));
  spec::SchemaType object = type(Kind::object);
  object.members = {{"n", type(Kind::integer)}};
  const Reading reading = typed({{"a", list}, {"o", object}});
  EXPECT_THAT(read(reading, R"("[1,2]","{""n"":5}")",
                   {{{"a"}, Want::value, 0}, {{"o", "n"}, Want::value, 1}}),
              ElementsAre("json [1,2]", "int 5"));
  EXPECT_THAT(read_a(reading, R"("[1,""x""]",{})"), ElementsAre("TYPE_MISMATCH"));
  EXPECT_THAT(read_a(reading, R"([1],"{""n"":true}")"), ElementsAre("TYPE_MISMATCH"));
  EXPECT_THAT(read_a(reading, ",{}"), ElementsAre("null", "json null"));
}

TEST(CsvDecoder, TheNullTextIsNullButForStrings) {
  Reading reading = typed({{"a", type(Kind::integer)}, {"b", type(Kind::string)}});
  EXPECT_THAT(read_a(reading, ",x"), ElementsAre("null", "json null"));
  reading.csv.null = "NA";
  EXPECT_THAT(read_a(reading, "NA,x"), ElementsAre("null", "json null"));
  EXPECT_THAT(read_a(reading, ",x"), ElementsAre("TYPE_MISMATCH"));
  EXPECT_THAT(read(reading, "1,NA", {{{"b"}, Want::value, 0}}), ElementsAre("string NA"));
  EXPECT_THAT(read_a(typed({{"a", type(Kind::integer, true)}}), ""), ElementsAre("MISSING_FIELD"));
}

TEST(CsvDecoder, ErrorsNameTheField) {
  spec::SchemaType object = type(Kind::object);
  object.members = {{"n", type(Kind::integer)}};
  const Reading reading =
      typed({{"a", type(Kind::integer, true)}, {"b", type(Kind::boolean)}, {"o", object}});
  const auto why = [&reading](const std::string& row) {
    record::RecordBatch batch = batch_of({row});
    std::vector<const record::RowError*> errors(1);
    make_decoder(reading, {{{"a"}, Want::value, 0}})->decode(batch, errors);
    return errors[0] != nullptr ? std::string(errors[0]->message) : "read";
  };
  EXPECT_EQ(why("1,x,{}"), "the field `b` has another type than the source's schema says (bool)");
  EXPECT_EQ(why(",true,{}"),
            "the field `a`, which the source's schema requires, is null or absent");
  EXPECT_EQ(why(R"(1,true,"{""n"":true}")"),
            "the field `o.n` has another type than the source's schema says (int)");
  EXPECT_EQ(why("1,true,[]"),
            "the field `o` has another type than the source's schema says (object)");
  EXPECT_EQ(why("1,true,{}"), "read");
}

TEST(CsvDecoder, TypedFieldsAreCheckedThoughNobodyReadsThem) {
  const Reading reading = typed({{"a", type(Kind::integer)}, {"b", type(Kind::integer)}});
  EXPECT_THAT(read_a(reading, "1,x"), ElementsAre("TYPE_MISMATCH"));
}

TEST(CsvDecoder, TombstonesAndBrokenRowsLeaveOthersAlone) {
  const std::unique_ptr<RowDecoder> decoder =
      make_decoder(csv({"a", "b"}), {{{"a"}, Want::value, 0}});
  record::RecordBatch batch = batch_of({"1,2", "\"", "", "3,4"});
  batch.rows()[2].flags = record::Row::kNullValue;
  std::vector<const record::RowError*> errors(4);
  decoder->decode(batch, errors);
  EXPECT_EQ(code_of(errors[0]), "");
  EXPECT_EQ(code_of(errors[1]), "MALFORMED_CSV");
  EXPECT_EQ(code_of(errors[2]), "");
  EXPECT_EQ(shown(batch.column(0)[3]), "string 3");
}

TEST(CsvToJson, WritesColumnsInTheirOrder) {
  EXPECT_THAT(to_json(csv({"b", "a"}), {"1,x\ty", "only one"}),
              ElementsAre(R"({"b":"1","a":"x\ty"})", "COLUMN_COUNT"));
  EXPECT_THAT(to_json(typed({{"n", type(Kind::real)}, {"t", type(Kind::timestamp)}}),
                      {"1.10,1500", ",1970-01-01T00:00:00Z"}),
              ElementsAre(R"({"n":1.10,"t":1500})", R"({"n":null,"t":"1970-01-01T00:00:00Z"})"));
}

TEST(CsvToJson, DropsColumnsThatTheSchemaDoesNotName) {
  Reading reading = typed({{"a", type(Kind::integer)}}, spec::ExtraFields::drop);
  reading.csv.fields = {"x", "a"};
  EXPECT_THAT(to_json(reading, {"1,2"}), ElementsAre(R"({"a":2})"));
}

TEST(CsvToJson, TakesColumnsFromTheFirstLineOfTheFile) {
  const Reading reading = csv({});
  record::Origin origin{"f", PartitionId(0), 0, "id,\"full name\""};
  record::RecordBatch batch = batch_of({"1,x"});
  batch.rows()[0].origin = &origin;
  const std::unique_ptr<record::RowEncoder> encoder = make_csv_to_json_encoder(reading);
  EXPECT_THAT(encoded(*encoder, batch), ElementsAre(R"({"id":"1","full name":"x"})"));
}

TEST(CsvEncoder, WritesEveryTypeAsItsText) {
  const std::unique_ptr<record::RowEncoder> encoder =
      make_csv_encoder({{0, std::nullopt}, {1, std::nullopt}}, ',', spec::TimestampText::rfc3339);
  const std::vector<record::Value> values = {record::Value::integer(-5),
                                             record::Value::real(3),
                                             record::Value::boolean(true),
                                             record::Value::string("a,b"),
                                             record::Value::bytes("ab"),
                                             record::Value::timestamp(250'000),
                                             record::Value::json(R"({"x":1})"),
                                             record::Value::null(),
                                             record::Value()};
  record::RecordBatch batch = batch_of(std::vector<std::string>(values.size(), "{}"));
  std::copy(values.begin(), values.end(), batch.make_column(0).begin());
  EXPECT_THAT(encoded(*encoder, batch),
              ElementsAre("-5,", "3.0,", "true,", "\"a,b\",", "YWI=,", "1970-01-01T00:00:00.25Z,",
                          R"("{""x"":1}",)", ",", ","));
}

TEST(CsvEncoder, CopiedNumbersStayAsTheyWereWritten) {
  const std::unique_ptr<record::RowEncoder> encoder =
      make_csv_encoder({{0, 1}}, ',', spec::TimestampText::ms);
  record::RecordBatch batch = batch_of({"{}", "{}", "{}"});
  const record::Column values = batch.make_column(0);
  const record::Column tokens = batch.make_column(1);
  values[0] = record::Value::real(1.1);
  tokens[0] = record::Value::json("1.10");
  values[1] = record::Value::string("x");
  tokens[1] = record::Value::json("\"\\u0078\"");
  values[2] = record::Value::timestamp(1'500'999);
  tokens[2] = record::Value::json("\"1970-01-01T00:00:01.500999Z\"");
  EXPECT_THAT(encoded(*encoder, batch), ElementsAre("1.10", "x", "1500"));
}

TEST(CsvEncoder, WhatIsNoNumberFailsTheRow) {
  const std::unique_ptr<record::RowEncoder> encoder =
      make_csv_encoder({{0, std::nullopt}}, ',', spec::TimestampText::rfc3339);
  record::RecordBatch batch = batch_of({"{}", "{}"});
  batch.make_column(0)[0] = record::Value::real(std::numeric_limits<double>::infinity());
  batch.make_column(0)[1] = record::Value::integer(1);
  EXPECT_THAT(encoded(*encoder, batch), ElementsAre("NOT_REPRESENTABLE", "1"));
}

}  // namespace
}  // namespace leat::codec
