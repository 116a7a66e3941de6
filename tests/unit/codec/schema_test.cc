#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "unit/codec/rows.h"

namespace leat::codec {
namespace {

using record::DecodeSlot;
using record::Value;
using testing::ElementsAre;

using Kind = spec::SchemaType::Kind;
using Want = DecodeSlot::Want;

spec::SchemaType type(Kind kind, bool required = false) {
  spec::SchemaType made;
  made.kind = kind;
  made.required = required;
  return made;
}
spec::SchemaType of(Kind kind, spec::SchemaType element) {
  spec::SchemaType made = type(kind);
  made.element = std::make_shared<spec::SchemaType>(std::move(element));
  return made;
}
spec::SchemaType object(std::vector<spec::SchemaField> members) {
  spec::SchemaType made = type(Kind::object);
  made.members = std::move(members);
  return made;
}

Reading json(std::vector<spec::SchemaField> fields,
             spec::ExtraFields extra = spec::ExtraFields::keep) {
  Reading reading;
  auto schema = std::make_shared<spec::SchemaSpec>();
  schema->fields = std::move(fields);
  schema->extra = extra;
  reading.schema = std::move(schema);
  return reading;
}

std::vector<std::string> read(const Reading& reading, const std::string& document,
                              const std::vector<DecodeSlot>& slots) {
  const std::unique_ptr<RowDecoder> decoder = make_decoder(reading, slots);
  record::RecordBatch batch = batch_of({document});
  std::vector<const record::RowError*> errors(1);
  decoder->decode(batch, errors);
  if (errors[0] != nullptr) return {code_of(errors[0])};
  std::vector<std::string> values;
  for (const DecodeSlot& slot : slots) values.push_back(shown(batch.column(slot.column)[0]));
  return values;
}

// The field `a`, declared with one type, in {"a": <token>}.
std::string read_as(const spec::SchemaType& declared, const std::string& token) {
  return read(json({{"a", declared}}), "{\"a\":" + token + "}", {{{"a"}, Want::value, 0}})[0];
}
std::string check(const Reading& reading, const std::string& document) {
  return read(reading, document, {{{"zz"}, Want::value, 0}})[0];
}

// Why the record is refused.
std::string why(const Reading& reading, const std::string& text) {
  record::RecordBatch batch = batch_of({text});
  std::vector<const record::RowError*> errors(1);
  make_decoder(reading, {{{"zz"}, Want::value, 0}})->decode(batch, errors);
  return errors[0] != nullptr ? std::string(errors[0]->message) : "read";
}

TEST(Schema, ErrorsNameTheField) {
  const Reading reading =
      json({{"n", type(Kind::integer)},
            {"must", type(Kind::string, true)},
            {"a b", object({{"at", type(Kind::timestamp, true)}})},
            {"lines", of(Kind::list,
                         object({{"price", type(Kind::real)}, {"sku", type(Kind::string, true)}}))},
            {"tags", of(Kind::map, type(Kind::integer))}});
  const auto with = [&reading](const std::string& members) {
    return why(reading, "{\"must\":\"\"," + members + "}");
  };
  EXPECT_EQ(with(R"("n":"1")"),
            "the field `n` has another type than the source's schema says (int)");
  EXPECT_EQ(with(R"("n":9223372036854775808)"),
            "the field `n` is a number outside the 64 bits of an int, or of a double");
  EXPECT_EQ(with(R"("lines":[{"sku":"x","price":true}])"),
            "the field `lines[].price` has another type than the source's schema says (double)");
  EXPECT_EQ(with(R"("lines":[{"price":1}])"),
            "the field `lines[].sku`, which the source's schema requires, is null or absent");
  EXPECT_EQ(with(R"("lines":7)"),
            "the field `lines` has another type than the source's schema says (list)");
  EXPECT_EQ(with(R"("tags":{"k":"v"})"),
            "the field `tags.*` has another type than the source's schema says (int)");
  EXPECT_EQ(with(R"("a b":{})"),
            "the field `a b`.at, which the source's schema requires, is null or absent");
  EXPECT_EQ(with(R"("a b":{"at":null})"),
            "the field `a b`.at, which the source's schema requires, is null or absent");
  EXPECT_EQ(why(reading, "{}"),
            "the field `must`, which the source's schema requires, is null or absent");
  EXPECT_EQ(with(R"("n":null)"), "read");
}

TEST(Schema, ScalarsAreReadAsTheirTypes) {
  EXPECT_EQ(read_as(type(Kind::integer), "12"), "int 12");
  EXPECT_EQ(read_as(type(Kind::integer), "12.0"), "TYPE_MISMATCH");
  EXPECT_EQ(read_as(type(Kind::integer), "1e2"), "TYPE_MISMATCH");
  EXPECT_EQ(read_as(type(Kind::integer), "\"12\""), "TYPE_MISMATCH");
  EXPECT_EQ(read_as(type(Kind::integer), "9223372036854775808"), "NUMBER_OUT_OF_RANGE");
  EXPECT_EQ(read_as(type(Kind::real), "3"), "double 3.000000");
  EXPECT_EQ(read_as(type(Kind::real), "true"), "TYPE_MISMATCH");
  EXPECT_EQ(read_as(type(Kind::string), R"("x\u0041")"), "string xA");
  EXPECT_EQ(read_as(type(Kind::string), "1"), "TYPE_MISMATCH");
  EXPECT_EQ(read_as(type(Kind::boolean), "false"), "bool false");
  EXPECT_EQ(read_as(type(Kind::boolean), "0"), "TYPE_MISMATCH");
  EXPECT_EQ(read_as(type(Kind::bytes), "\"YQ==\""), "bytes a");
  EXPECT_EQ(read_as(type(Kind::bytes), "\"?\""), "TYPE_MISMATCH");
  EXPECT_EQ(read_as(type(Kind::timestamp), "\"1970-01-01T00:00:00.5Z\""), "timestamp 500000");
  EXPECT_EQ(read_as(type(Kind::timestamp), "1500"), "timestamp 1500000");
  EXPECT_EQ(read_as(type(Kind::timestamp), "1.5"), "TYPE_MISMATCH");
  EXPECT_EQ(read_as(type(Kind::timestamp), "\"1500\""), "TYPE_MISMATCH");
  EXPECT_EQ(read_as(type(Kind::timestamp), "9223372036854775807"), "TYPE_MISMATCH");
  EXPECT_EQ(read_as(type(Kind::json), "[1,{}]"), "json [1,{}]");
  EXPECT_EQ(read_as(type(Kind::json), "1"), "int 1");
}

TEST(Schema, NullIsAValueOfEveryTypeThatIsNotRequired) {
  for (const Kind kind : {Kind::integer, Kind::real, Kind::string, Kind::boolean, Kind::bytes,
                          Kind::timestamp, Kind::json}) {
    EXPECT_EQ(read_as(type(kind), "null"), "null");
    EXPECT_EQ(read_as(type(kind, true), "null"), "MISSING_FIELD");
    EXPECT_EQ(check(json({{"a", type(kind, true)}}), "{}"), "MISSING_FIELD");
    EXPECT_EQ(check(json({{"a", type(kind)}}), "{}"), "absent");
  }
}

TEST(Schema, ListsAndMapsAreCheckedToTheLastItem) {
  const spec::SchemaType ints = of(Kind::list, type(Kind::integer));
  EXPECT_EQ(read_as(ints, "[1, 2 ]"), "json [1, 2 ]");
  EXPECT_EQ(read_as(ints, "[]"), "json []");
  EXPECT_EQ(read_as(ints, "[1,null]"), "json [1,null]");
  EXPECT_EQ(read_as(ints, "[1,2.5]"), "TYPE_MISMATCH");
  EXPECT_EQ(read_as(ints, "{}"), "TYPE_MISMATCH");
  EXPECT_EQ(read_as(ints, "[1,[2]]"), "TYPE_MISMATCH");
  EXPECT_EQ(read_as(of(Kind::list, ints), "[[1],[2,3]]"), "json [[1],[2,3]]");
  EXPECT_EQ(read_as(of(Kind::list, type(Kind::integer, true)), "[1,null]"), "MISSING_FIELD");
  const spec::SchemaType map = of(Kind::map, type(Kind::string));
  EXPECT_EQ(read_as(map, R"({"x":"y"})"), R"(json {"x":"y"})");
  EXPECT_EQ(read_as(map, R"({"x":1})"), "TYPE_MISMATCH");
  EXPECT_EQ(read_as(map, "[]"), "TYPE_MISMATCH");
}

TEST(Schema, WhatJsonSpellsOtherwiseBecomesComputedListsAndMaps) {
  EXPECT_EQ(read_as(of(Kind::list, type(Kind::real)), "[1,2.5,null]"),
            "list [double 1.000000] [double 2.500000] [null]");
  EXPECT_EQ(
      read_as(of(Kind::map, type(Kind::timestamp)), R"({"x":1,"x":2,"y":"1970-01-01T00:00:00Z"})"),
      "map [x: timestamp 1000] [y: timestamp 0]");
  EXPECT_EQ(read_as(object({{"t", type(Kind::timestamp)}}), R"({"t":1,"other":"x"})"),
            "map [t: timestamp 1000] [other: string x]");
}

TEST(Schema, MembersOfObjectsAreDeclaredToo) {
  const Reading reading =
      json({{"user", object({{"name", type(Kind::string, true)}, {"age", type(Kind::integer)}})}});
  EXPECT_THAT(read(reading, R"({"user":{"name":"a","age":5,"x":[]}})",
                   {{{"user", "age"}, Want::value, 0}, {{"user"}, Want::token, 1}}),
              ElementsAre("int 5", R"(json {"name":"a","age":5,"x":[]})"));
  EXPECT_EQ(check(reading, R"({"user":{"name":"a","age":"5"}})"), "TYPE_MISMATCH");
  EXPECT_EQ(check(reading, R"({"user":{"age":5}})"), "MISSING_FIELD");
  EXPECT_EQ(check(reading, R"({"user":null})"), "absent");
  EXPECT_EQ(check(reading, R"({"user":[]})"), "TYPE_MISMATCH");
  EXPECT_EQ(check(reading, "{}"), "absent");
}

TEST(Schema, MembersOfMapsAreReadByName) {
  const Reading reading = json({{"m", of(Kind::map, type(Kind::timestamp))}});
  const std::vector<DecodeSlot> slots = {{{"m", "x"}, Want::value, 0}};
  EXPECT_THAT(read(reading, R"({"m":{"w":1,"x":2}})", slots), ElementsAre("timestamp 2000"));
  EXPECT_THAT(read(reading, R"({"m":{"w":"no","x":2}})", slots), ElementsAre("TYPE_MISMATCH"));
  EXPECT_THAT(read(reading, R"({"m":[1]})", slots), ElementsAre("TYPE_MISMATCH"));
  EXPECT_THAT(read(reading, R"({"m":null})", slots), ElementsAre("absent"));
}

TEST(Schema, ExtraFieldsAreErrorsOnlyWhenAskedFor) {
  const std::string document = R"({"a":1,"b":2})";
  EXPECT_EQ(check(json({{"a", type(Kind::integer)}}), document), "absent");
  EXPECT_EQ(check(json({{"a", type(Kind::integer)}}, spec::ExtraFields::error), document),
            "UNEXPECTED_FIELD");
  EXPECT_EQ(check(json({{"a", type(Kind::integer)}}, spec::ExtraFields::error), R"({"a":1})"),
            "absent");
  EXPECT_EQ(check(json({{"a", type(Kind::integer)}}, spec::ExtraFields::error), R"({"zz":1})"),
            "UNEXPECTED_FIELD");
}

TEST(Schema, BrokenJsonStaysBroken) {
  const spec::SchemaType ints = of(Kind::list, type(Kind::integer));
  for (const char* token : {"[1", "[1,]", "[,1]", "[1 2]", "[1}", "[1]]", "[nul]"})
    EXPECT_EQ(read_as(ints, token), "MALFORMED_JSON") << token;
  for (const char* token : {"{", R"({"x"})", R"({"x":"y")", R"({"x":"y",})", R"({"x" "y"})"})
    EXPECT_EQ(read_as(of(Kind::map, type(Kind::string)), token), "MALFORMED_JSON") << token;
}

TEST(Schema, DeepNestingIsAnError) {
  spec::SchemaType deep = type(Kind::integer);
  std::string token = "1";
  for (int i = 0; i < 70; ++i) {
    deep = of(Kind::list, deep);
    token = "[" + token + "]";
  }
  EXPECT_EQ(read_as(deep, token), "VALUE_TOO_DEEP");
}

TEST(ListSplitter, TakesListsApart) {
  const auto split = [](const Value& list) -> std::vector<std::string> {
    base::Arena arena;
    std::vector<Value> items;
    if (const record::RowError* error = make_list_splitter()->split(list, arena, items))
      return {code_of(error)};
    std::vector<std::string> all;
    for (const Value& item : items) all.push_back(shown(item));
    return all;
  };
  EXPECT_THAT(
      split(Value::json(R"([ 1.10, "a,b" ,[2,[3]],{"x":[]} ,null])")),
      ElementsAre("json 1.10", "json \"a,b\"", "json [2,[3]]", "json {\"x\":[]}", "json null"));
  EXPECT_THAT(split(Value::json("[]")), ElementsAre());
  EXPECT_THAT(split(Value::json(" null")), ElementsAre("NOT_A_LIST"));
  EXPECT_THAT(split(Value::json("null")), ElementsAre());
  EXPECT_THAT(split(Value()), ElementsAre());
  for (const char* other : {"{}", "1", "\"[1]\"", "true"})
    EXPECT_THAT(split(Value::json(other)), ElementsAre("NOT_A_LIST")) << other;
  for (const char* broken : {"[1", "[1,", "[1,]", "[1 2]", "[1}", "[1]]", "[\"", "[[]"})
    EXPECT_THAT(split(Value::json(broken)), ElementsAre("MALFORMED_JSON")) << broken;
  const Value items[] = {Value::integer(1), Value::timestamp(5)};
  EXPECT_THAT(split(Value::list(items)), ElementsAre("int 1", "timestamp 5"));
  EXPECT_THAT(split(Value::string("[1]")), ElementsAre("NOT_A_LIST"));
}

TEST(ItemDecoder, ReadsItemsAndTheirMembers) {
  const std::vector<DecodeSlot> slots = {
      {{}, Want::value, 0}, {{}, Want::token, 1}, {{"n"}, Want::value, 2}, {{"n"}, Want::token, 3}};
  const record::Entry entries[] = {{Value::string("n"), Value::timestamp(0)}};
  const std::vector<Value> items = {
      Value::json(R"({"n":1.0})"), Value::json("7"),       Value::null(),
      Value::json("[x]"),          Value::map(entries, 1), Value::integer(3)};
  record::RecordBatch batch = batch_of(std::vector<std::string>(items.size(), "{}"));
  std::vector<const record::RowError*> errors(items.size());
  make_item_decoder(slots, nullptr)->decode(items, batch, errors);
  std::vector<std::string> rows;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (errors[i] != nullptr) {
      rows.push_back(code_of(errors[i]));
      continue;
    }
    std::string row;
    for (const DecodeSlot& slot : slots) row += shown(batch.column(slot.column)[i]) + "|";
    rows.push_back(row);
  }
  EXPECT_EQ(rows[0], R"(json {"n":1.0}|json {"n":1.0}|double 1.000000|json 1.0|)");
  EXPECT_EQ(rows[1], "int 7|json 7|absent|absent|");
  EXPECT_EQ(rows[2], "null|json null|absent|absent|");
  EXPECT_EQ(rows[5], "int 3|json 3|absent|absent|");
}

}  // namespace
}  // namespace leat::codec
